// Sends files of evidence piece by piece, so that a broken line costs one piece and not the whole film.
//
//   form[data-evidence-upload="/evidence/7/uploads"]   the form that also works without this file, up to 50 MB in one request
//   [data-uploads]                                     the list in which each file shows how far it has come
//
// The SHA-256 is computed here before a byte is sent; the server computes it again on arrival and refuses a difference.
// Which file was broken off is known by the server: choosing it again, on any device, goes on where it stopped.

import { createSHA256 } from 'hash-wasm';
import { Upload } from 'tus-js-client';

const CHUNK = 8 * 1024 * 1024;
const LARGEST = 2 * 1024 ** 3;
const PAUSES = [0, 1000, 3000, 5000, 10000, 20000, 30000];

const size = (bytes) => (bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GB` : bytes >= 1024 ** 2 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// One file on the page: its name, bar, words and buttons.
function row(list, file) {
  const bar = element('progress', { max: 100, value: 0 });
  bar.setAttribute('aria-label', file.name);
  const words = element('span', { className: 'upload-words', textContent: '等待' });
  const pause = element('button', { type: 'button', className: 'button button-secondary button-small', textContent: '暂停', hidden: true });
  const drop = element('button', { type: 'button', className: 'button button-plain button-small', textContent: '放弃', hidden: true });
  const shown = element('li', {}, element('span', { className: 'upload-name', textContent: `${file.name}（${size(file.size)}）` }), bar, words, element('span', { className: 'cluster' }, pause, drop));
  list.append(shown);
  return {
    shown, pause, drop,
    tell(text, percent) {
      words.textContent = text;
      if (percent !== undefined) bar.value = percent;
    },
    end(text, fault) {
      words.textContent = text;
      shown.classList.add(fault ? 'is-refused' : 'is-done');
      if (fault) bar.remove();
      else bar.value = 100;
      pause.hidden = drop.hidden = true;
    },
  };
}

async function digest(file, told) {
  const hash = await createSHA256();
  hash.init();
  for (let place = 0; place < file.size; place += CHUNK) {
    hash.update(new Uint8Array(await file.slice(place, place + CHUNK).arrayBuffer()));
    told(Math.floor((100 * Math.min(place + CHUNK, file.size)) / file.size));
  }
  return hash.digest('hex');
}

function said(error) {
  const response = error.originalResponse;
  const text = response?.getBody() ?? '';
  if (response && text && !text.startsWith('<')) return text;
  return response ? `服务器没有接受（${response.getStatus()}），请刷新页面后重试` : '网络中断，多次重试没有成功；重新选择同一个文件可以继续';
}

async function send(form, file, list) {
  const line = row(list, file);
  const value = (name) => form.elements[name]?.value ?? '';
  const headers = { 'X-CSRFToken': value('csrf_token') };
  if (file.size > LARGEST) return line.end('文件超过 2 GB 的上限，没有上传', true);
  if (file.size === 0) return line.end('文件是空的，没有上传', true);
  let sha256;
  try {
    sha256 = await digest(file, (percent) => line.tell(`正在本机计算哈希 ${percent}%`, percent));
  } catch {
    return line.end('无法读取文件或者计算哈希，没有上传', true);
  }
  const address = form.dataset.evidenceUpload;
  const known = await fetch(`${address}?sha256=${sha256}`, { credentials: 'same-origin' }).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));
  if (known.received) return line.end('这个文件已经收到过，没有重复上传');
  return new Promise((done) => {
    const upload = new Upload(file, {
      endpoint: address, uploadUrl: known.address ?? null, chunkSize: CHUNK, retryDelays: PAUSES, headers,
      storeFingerprintForResuming: false, removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, sha256, taken_at: value('taken_at'), place: value('place'), source: value('source') },
      onProgress(sent, all) {
        line.tell(`正在上传 ${Math.floor((100 * sent) / all)}%，${size(sent)}`, (100 * sent) / all);
      },
      onShouldRetry(error) {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = status === 0 || status === 409 || status === 423 || status >= 500;
        if (again) line.tell('连接中断，正在重试……');
        return again;
      },
      onError(error) {
        line.end(said(error), true);
        done();
      },
      onSuccess() {
        line.end('已收到，哈希一致');
        done(true);
      },
    });
    let paused = false;
    line.pause.hidden = line.drop.hidden = false;
    line.pause.addEventListener('click', async () => {
      paused = !paused;
      line.pause.textContent = paused ? '继续' : '暂停';
      if (paused) {
        await upload.abort();
        line.tell('已暂停');
      } else {
        upload.start();
      }
    });
    line.drop.addEventListener('click', async () => {
      await upload.abort(true).catch(() => {});
      line.end('已放弃', true);
      done();
    });
    upload.start();
  });
}

for (const form of document.querySelectorAll('form[data-evidence-upload]')) {
  const list = form.querySelector('[data-uploads]');
  form.querySelector('[data-largest]').textContent = '2 GB';
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const inputs = [...form.querySelectorAll('input[type="file"]')];
    const files = inputs.flatMap((input) => [...input.files]);
    if (!files.length) {
      list.replaceChildren(element('li', { className: 'is-refused', textContent: '请先选择文件' }));
      return;
    }
    const button = form.querySelector('button[type="submit"]');
    button.disabled = true;
    form.querySelector('[data-waiting]')?.remove();
    list.replaceChildren();
    let whole = true;
    for (const file of files) whole = Boolean(await send(form, file, list)) && whole; // one after the other: a telephone has one line
    button.disabled = false;
    for (const input of inputs) input.value = '';
    const refresh = element('a', { className: 'button button-secondary button-small', href: location.pathname, textContent: '刷新页面，查看文件' });
    list.append(element('li', {}, refresh));
    if (whole) location.reload();
  });
}
