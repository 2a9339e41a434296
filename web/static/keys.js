// Keys for who rarely lets go of the keyboard; told on /help/keyboard, turned off on /settings (WCAG 2.2, 2.1.4).
//
//   g t  待办      g c  案件      g m  消息      /  查找      ?  帮助
//
// Nothing happens while something is being typed, or together with Ctrl, Alt or the command key.

'use strict';

const PLACES = { t: '/tasks', c: '/cases', m: '/notices' };
const PATIENCE = 1500; // milliseconds between g and the letter after it

let began = 0;

const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || target.matches('input, select, textarea'));

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || typing(event.target)) return;
  const second = Date.now() - began < PATIENCE;
  began = 0;
  if (second && PLACES[event.key]) {
    event.preventDefault();
    location.assign(PLACES[event.key]);
  } else if (event.key === 'g') {
    began = Date.now();
  } else if (event.key === '/') {
    const field = document.querySelector('main [name="q"]');
    event.preventDefault();
    if (field) field.focus();
    else location.assign('/cases');
  } else if (event.key === '?') {
    event.preventDefault();
    location.assign(document.querySelector('main [data-help]')?.getAttribute('href') || '/help');
  }
});
