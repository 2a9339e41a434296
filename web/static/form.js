// Makes a form quicker to fill in; without this file every form still works, a page at a time.
//
// It serves the forms that carry the button named "refresh", with which the server shows the form again.
//
//   a question that others depend on (data-controls): its change asks the server for the form again, in place
//   adding and removing a row: likewise in place, and the keyboard stays where it was
//   what was typed while the answer was under way is kept
//   a form that was sent is not sent twice

'use strict';

document.documentElement.classList.add('has-script');

const renewable = (page) => [...page.querySelectorAll('form')].filter((form) => form.querySelector('[name="refresh"]'));

const state = (control) => (control.type === 'radio' || control.type === 'checkbox' ? control.checked : control.value);
const controls = (form) => [...form.elements].filter((control) => control.id && control.name && control.type !== 'submit');

let asked = 0;

async function renew(form, name, value) {
  const mine = ++asked;
  const data = new FormData(form);
  data.append(name, value);
  const sent = new Map(controls(form).map((control) => [control.id, state(control)]));
  const answer = await fetch(form.action || location.href, { method: 'POST', body: data, credentials: 'same-origin' });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (mine !== asked) return; // a later change has asked again, with all that this one knew
  const renewed = renewable(page)[0];
  if (!answer.ok || !renewed) throw new Error(`${answer.status}`);
  const before = document.activeElement?.id;
  const typed = controls(form).filter((control) => sent.get(control.id) !== state(control));
  const rows = new Set([...form.querySelectorAll('.form-row')].map((row) => row.id));
  form.replaceChildren(...renewed.childNodes);
  for (const old of typed) {
    const control = document.getElementById(old.id);
    if (control?.type !== old.type) continue;
    if (old.type === 'radio' || old.type === 'checkbox') control.checked = old.checked;
    else control.value = old.value;
  }
  const added = [...form.querySelectorAll('.form-row')].find((row) => !rows.has(row.id));
  (form.querySelector('[data-arrived]') ?? added ?? document.getElementById(before) ?? form.querySelector('.form-group'))?.focus({ preventScroll: !added && !form.querySelector('[data-arrived]') });
}

for (const form of renewable(document)) {
  let sent = false;

  form.addEventListener('change', (event) => {
    if (!event.target.closest('[data-controls]')) return;
    renew(form, 'refresh', '1').catch(() => form.querySelector('button[name="refresh"]')?.click());
  });

  form.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (button?.formNoValidate && button.name) {
      if (button.dataset.plain) return;
      event.preventDefault();
      renew(form, button.name, button.value).catch(() => {
        button.dataset.plain = 'yes';
        button.click();
      });
    } else if (sent) {
      event.preventDefault();
    } else {
      sent = true;
    }
  });
}

addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload(); // a page from the back-forward cache would show an old form
});

document.querySelector('.error-summary')?.focus();
