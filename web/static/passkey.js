// Signs in with a passkey or adds one; without this file the password and the code still work.

'use strict';

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function send(address, token, body) {
  const answer = await fetch(address, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message || '服务器没有接受');
  return said;
}

const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function add(token, name) {
  const asked = await send('/account/passkeys/challenge', token, {});
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: described(asked.excludeCredentials),
    },
  });
  const { response } = made;
  return send('/account/passkeys', token, {
    name,
    credential: {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) },
    },
  });
}

async function signIn(token) {
  const asked = await send('/sign-in/passkey/challenge', token, {});
  const made = await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: described(asked.allowCredentials) },
  });
  const { response } = made;
  return send('/sign-in/passkey', token, {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  });
}

for (const box of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) continue;
  box.hidden = false;
  const fault = box.querySelector('[role="alert"]');
  const button = box.querySelector('button');
  button.addEventListener('click', async () => {
    fault.hidden = true;
    button.disabled = true;
    const token = box.querySelector('[data-token]').value;
    try {
      const said = await (box.dataset.passkey === 'add' ? add(token, box.querySelector('[data-name]').value) : signIn(token));
      location.assign(said.next);
    } catch (error) {
      fault.textContent = error.name === 'NotAllowedError' ? '没有使用通行密钥（已取消或者超时）' : `没有成功：${error.message}`;
      fault.hidden = false;
      button.disabled = false;
    }
  });
}
