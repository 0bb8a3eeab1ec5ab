/** Where the service is, and an id of its WEB_CLIENTS. */
const service = 'http://127.0.0.1:3000';
const clientId = 'web-login';

const element = (id) => document.getElementById(id);
const say = (text) => (element('state').textContent = text);
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Posts a form, as OAuth wants it. What is secret is in the body, never in the URL. */
const post = (path, form = {}) =>
  fetch(`${service}/oauth/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: clientId, ...form }),
  });

/** Shows a code until a user has decided, and then who it is. */
async function signIn() {
  element('again').hidden = true;
  const started = await post('device_authorization');
  const code = await started.json();
  if (!started.ok) return end(code.error_description);
  element('code').src = code.qr_code_uri;
  element('code').hidden = false;
  element('user-code').textContent = code.user_code;
  say('请用微信扫一扫');

  const outcome = await waitForDecision(code);
  if (outcome === 'denied') return end('已在手机上拒绝');
  if (outcome === 'expired') return end('码已过期');
  const answer = await post('token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: code.device_code,
  });
  const tokens = await answer.json();
  if (!answer.ok) return end(tokens.error_description);
  await showUser(tokens);
}

/** @returns `approved`, `denied` or `expired` */
async function waitForDecision({ device_code, expires_in }) {
  const expiresAt = Date.now() + expires_in * 1000;
  while (Date.now() < expiresAt) {
    try {
      for await (const { name, data } of events(await post('device_authorization/events', { device_code }))) {
        if (name === 'scanned') say(`${data.nickname ?? '用户'}已扫码，请在手机上确认`);
        if (['approved', 'denied', 'expired'].includes(name)) return name;
      }
    } catch {
      // The connection broke off, or the node was stopped: ask again, another node may answer.
    }
    await sleep(1);
  }
  return 'expired';
}

/** The events of a `text/event-stream`, until it ends. `EventSource` cannot send a body. */
async function* events({ body }) {
  let text = '';
  for await (const chunk of iterate(body.pipeThrough(new TextDecoderStream()))) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (name) yield { name, data: JSON.parse(data) };
    }
  }
}

/** Not every browser can iterate over a stream. */
async function* iterate(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** The tokens stay in memory: whoever reloads the page scans again. */
async function showUser({ access_token, refresh_token }) {
  const me = await fetch(`${service}/me`, { headers: { authorization: `Bearer ${access_token}` } });
  const { id, nickname } = await me.json();
  element('code').hidden = true;
  element('user-code').textContent = '';
  say(`已登录：${nickname ?? id}`);
  element('leave').hidden = false;
  const leave = async () => {
    element('leave').hidden = true;
    await post('revoke', { token: refresh_token });
    end('已退出');
  };
  element('leave').addEventListener('click', () => void leave(), { once: true });
}

function end(text) {
  say(text);
  element('code').hidden = true;
  element('user-code').textContent = '';
  element('again').hidden = false;
}

const start = () => signIn().catch(() => end('没有连上，请稍后再试'));
element('again').addEventListener('click', () => void start());
await start();
