import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.js';
import { useEmulator } from './harness.js';

const emulator = useEmulator();

/** With headers that `fetch` does not let a caller choose. */
async function ask(
  url: string,
  path: string,
  { method = 'GET', body = '', ...headers }: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const sent = request(new URL(path, url), { method, headers });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  return { status: answer.statusCode, body: await text(answer) };
}

describe('the callers that get an answer', () => {
  it.each([
    '127.0.0.1:1',
    'localhost',
    'LOCALHOST:3001',
    '[::1]:3001',
    'mini.localhost:80',
    '127.0.0.2:3001',
  ])('is whoever calls this machine %s', async (host) => {
    expect((await ask(emulator.url, '/__emulator__/apps', { host })).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:3001',
    'localhost.evil.example',
    'evil-localhost',
    '127.0.0.1.evil.example',
    '127.0.0.1:80@evil.example',
    '192.168.1.5:3001',
    '0.0.0.0:3001',
  ])('is nobody who calls it %j: the name may have been pointed here', async (host) => {
    const control = await ask(emulator.url, '/__emulator__/apps', { host });

    expect(control.status).toBe(403);
    expect(JSON.parse(control.body).error).toMatch(
      /^This emulator answers its own machine only: .* --allow-host/,
    );
    expect((await ask(emulator.url, '/sns/jscode2session', { host })).status).toBe(403);
  });

  it('is a page of this machine', async () => {
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'https://app.localhost']) {
      expect((await ask(emulator.url, '/__emulator__/apps', { origin })).status).toBe(200);
    }
  });

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'http://192.168.1.5:3001'])(
    'is no page of %s',
    async (origin) => {
      const { status, body } = await ask(emulator.url, '/__emulator__/reset', { method: 'POST', origin });

      expect(status).toBe(403);
      expect(JSON.parse(body).error).toContain('web page');
      expect((await ask(emulator.url, '/cgi-bin/token', { origin })).status).toBe(403);
    },
  );

  it('accepts the names of allowedHosts', async () => {
    const elsewhere = await createEmulator({ allowedHosts: ['Emulator', '192.168.1.5', 'fd00::1'] });
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await ask(elsewhere.url, '/__emulator__/apps', headers)).status;

    expect(await statusOf({ host: 'emulator:3001' })).toBe(200);
    expect(await statusOf({ host: '192.168.1.5:3001' })).toBe(200);
    expect(await statusOf({ host: '[fd00::1]:3001' })).toBe(200);
    expect(await statusOf({ origin: 'http://192.168.1.5:8080' })).toBe(200);
    expect(await statusOf({ host: 'localhost:3001' })).toBe(200);
    expect(await statusOf({ host: 'evil.example:3001' })).toBe(403);
    await elsewhere.close();
  });

  it('may call it by the address that it listens on', async () => {
    const elsewhere = await createEmulator({ host: '127.0.0.3' });

    expect((await ask(elsewhere.url, '/__emulator__/apps')).status).toBe(200);
    await elsewhere.close();
  });
});

describe('the body of a control call', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    'is %s',
    async (type) => {
      const call = { method: 'POST', 'content-type': type, body: '{"id":"anna"}' };

      expect((await ask(emulator.url, '/__emulator__/users', call)).status).toBe(200);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/plain; application/json',
    'application/jsonp',
  ])('is not %s, which any web page may send: 415', async (type) => {
    const call = { method: 'POST', 'content-type': type, body: '{"id":"anna"}' };
    const { status, body } = await ask(emulator.url, '/__emulator__/users', call);

    expect(status).toBe(415);
    expect(JSON.parse(body).error).toBe('send JSON, with content-type: application/json');
    expect((await emulator.control('GET', '/users')).json).toEqual({ items: [] });
  });

  it('needs a content type', async () => {
    const call = { method: 'POST', body: '{"id":"anna"}' };

    expect((await ask(emulator.url, '/__emulator__/users', call)).status).toBe(415);
  });

  it('may be empty if nothing is needed', async () => {
    expect((await ask(emulator.url, '/__emulator__/reset', { method: 'POST' })).status).toBe(200);
  });
});
