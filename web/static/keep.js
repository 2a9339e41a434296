// Keeps what is typed into the form of a step: three seconds after the last key, on leaving a field, on leaving the page.
// Without this file the button 暂存 does the same by hand.

'use strict';

const form = document.querySelector('form[data-keep]');
const told = document.querySelector('[data-kept]');
const PAUSE = 3000;

let changed = 0; // counts what was typed
let kept = 0; // what of it has arrived
let timer = 0;
let leaving = false; // handing in, or another form of the page: what is typed goes with it, or was meant to be left

function say(words, link) {
  told.textContent = words;
  if (!link) return;
  const anchor = document.createElement('a');
  anchor.href = link;
  anchor.textContent = '查看';
  told.append(' ', anchor);
}

async function keep() {
  clearTimeout(timer);
  if (kept === changed) return;
  const now = changed;
  try {
    const answer = await fetch(form.dataset.keep, {
      method: 'POST', body: new FormData(form), credentials: 'same-origin', keepalive: true, redirect: 'error',
      headers: { Accept: 'application/json' },
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const said = await answer.json();
    kept = Math.max(kept, now);
    if (said.newer) say(`已暂存（${said.saved_at}）。${said.newer.by}在别处于 ${said.newer.at} 另有暂存，两份都保留，提交时会请您选择。`, said.newer.address);
    else if (said.saved_at) say(`已自动暂存（${said.saved_at}）`);
  } catch {
    say('没有暂存成功，请检查网络；填写的内容还在本页，不要关闭');
  }
}

if (form && told) {
  const note = () => {
    changed += 1;
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  };
  form.addEventListener('input', note);
  form.addEventListener('change', note);
  form.addEventListener('focusout', () => keep());
  document.addEventListener('submit', (event) => {
    if (event.target === form && event.submitter?.formNoValidate && event.submitter.name) return; // only shows the form again
    leaving = true;
    if (event.target !== form) keep();
  }, true);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && keep());
  addEventListener('beforeunload', (event) => {
    if (leaving || kept === changed) return;
    keep();
    event.preventDefault();
  });
}
