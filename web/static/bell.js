// Keeps the count of unread messages in the header up to date; without this file it is as old as the page.
//
// It asks once a minute, only while the page is looked at, and stops for good when the session has ended.

'use strict';

const bell = document.querySelector('[data-bell]');
const count = bell && bell.querySelector('[data-count]');
const words = bell && bell.querySelector('[data-words]');

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(bell.dataset.bell, { credentials: 'same-origin', redirect: 'manual' });
    if (!answer.ok) {
      clearInterval(asking);
      return;
    }
    const { unread } = await answer.json();
    count.textContent = unread >= 99 ? '99+' : String(unread);
    count.hidden = unread === 0;
    words.textContent = unread ? '条未读' : '';
  } catch {
    // the line is away for a moment; the next minute will tell
  }
}

const asking = bell ? setInterval(ask, 60_000) : undefined;
if (bell) document.addEventListener('visibilitychange', ask);
