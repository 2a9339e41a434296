// Keeps the counts of the to-do list up to date while the page is open and seen; without this file they are those of the last visit.

'use strict';

const tiles = document.querySelector('[data-live]');
const notice = document.querySelector('[data-changed]');
const PAUSE = 60_000;

function say(place, count) {
  const before = place.firstChild.nodeValue;
  place.firstChild.nodeValue = String(count);
  return before !== String(count);
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(tiles.dataset.live, { credentials: 'same-origin', headers: { Accept: 'application/json' } });
  if (!answer.ok || answer.redirected) return; // signed out: the next click says so
  const counts = await answer.json();
  let changed = false;
  for (const place of tiles.querySelectorAll('[data-count]')) changed = say(place, counts[place.dataset.count]) || changed;
  for (const [address, count] of [['/tasks', counts.total], ['/tasks/waiting', counts.free], ['/tasks/copies', counts.unread]]) {
    const place = document.querySelector(`.tabs a[href="${address}"] .count`);
    if (place) say(place, count);
  }
  if (changed) notice.hidden = false;
}

if (tiles && notice) {
  setInterval(() => refresh().catch(() => {}), PAUSE);
  document.addEventListener('visibilitychange', () => refresh().catch(() => {}));
}
