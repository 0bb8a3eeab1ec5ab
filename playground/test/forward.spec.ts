import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { targetBelow } from '../server/forward.js';
import { usePlayground } from './harness.js';

const playground = usePlayground();

function url(path: string): string {
  return `http://${playground.host}${path}`;
}

/** Sends a request line that a client library would refuse to send. */
function rawStatus(method: string, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(playground.port, '127.0.0.1', () =>
      socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${playground.host}\r\nConnection: close\r\n\r\n`),
    );
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.once('error', reject).once('close', () => resolve(answer.split(' ')[1] ?? ''));
  });
}

describe('to the service', () => {
  it('sends on what a phone asks, as if it came from WeChat', async () => {
    const answer = await fetch(url('/playground/service/me?a=%20b'), {
      method: 'PATCH',
      headers: {
        'x-playground-appid': 'wxe000000000000001',
        'x-playground-phone': '2',
        'content-type': 'application/json',
        authorization: 'Bearer token',
        cookie: 'a=b',
      },
      body: '{"nickname":"小明"}',
    });
    const [received] = playground.received;

    expect(await answer.json()).toEqual({ ok: true });
    expect(received).toMatchObject({ method: 'PATCH', url: '/me?a=%20b', body: '{"nickname":"小明"}' });
    expect(received!.headers).toMatchObject({
      referer: 'https://servicewechat.com/wxe000000000000001/devtools/page-frame.html',
      'user-agent': expect.stringMatching(/Android.*MicroMessenger/),
      authorization: 'Bearer token',
      'content-type': 'application/json',
    });
    for (const name of ['cookie', 'origin', 'x-playground-appid', 'x-playground-phone', 'sec-fetch-mode']) {
      expect(received!.headers).not.toHaveProperty(name);
    }
  });

  it('sends on forms with their files', async () => {
    const form = new FormData();
    form.append('file', new Blob(['x'.repeat(300_000)]), 'avatar.png');
    await fetch(url('/playground/service/me/avatar'), { method: 'POST', body: form });
    const [received] = playground.received;

    expect(received!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(received!.body.length).toBeGreaterThan(300_000);
  });

  it('gives back the status, the headers and the body', async () => {
    const answer = await fetch(url('/playground/service/gone'), { headers: { 'x-request-id': 'mine' } });

    expect(answer.status).toBe(410);
    expect(answer.headers.get('x-request-id')).not.toBe('undefined');
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('takes no appid that would write another header', async () => {
    await fetch(url('/playground/service/me'), { headers: { 'x-playground-appid': 'wx/../evil' } });

    expect(playground.received[0]!.headers).not.toHaveProperty('referer');
  });

  it.each([
    '/playground/service//evil.example/',
    '/playground/service/../playground/setup',
    '/playground/service/a/../../b',
    '/playground/service/%2e%2e/b',
    '/playground/service/a/%2E%2e/b',
    '/playground/service/..%2fb',
    '/playground/service/%2f%2fevil.example/',
    '/playground/service/a%5cb',
    '/playground/service/a\\b',
    '/playground/service/%00',
    '/playground/service/%zz',
    '/playground/service/@evil.example/..',
    '/playground/service/playground/setup',
    '/playground/service/%70layground/setup',
    '/playground/service/',
    '/playground/service/http://evil.example/',
    'http://evil.example/playground/service/me',
    'http://evil.example/',
  ])('refuses %s', async (target) => {
    expect(await rawStatus('GET', target)).toMatch(/^40[034]$/);
    expect(playground.received).toEqual([]);
  });
});

describe('to the phone of the emulator', () => {
  it('asks it what a phone may ask', async () => {
    const answer = await fetch(url('/playground/wechat/wx/login'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"appid":"wxe000000000000001","user":"xiaoming"}',
    });

    expect(await answer.json()).toEqual({ code: expect.any(String), errMsg: 'login:ok' });
  });

  it.each([
    '/playground/wechat/reset',
    '/playground/wechat/wx/..%2freset',
    '/playground/wechat/wx/%2e%2e/reset',
    '/playground/wechat/wx/../reset',
    '/playground/wechat/wx/login/x',
    '/playground/wechat/apps',
  ])('does not reach what operates it: %s', async (target) => {
    const user = playground.emulator.wechat.users.getOrCreate('somebody');

    expect(await rawStatus('POST', target)).toMatch(/^40[04]$/);
    expect(playground.emulator.wechat.users.all()).toEqual([user]);
  });
});

describe('targetBelow', () => {
  it.each([
    ['/p/me', '/me'],
    ['/p/me?x=//y', '/me?x=//y'],
    ['/p/me/sessions/01a1-2', '/me/sessions/01a1-2'],
    ['/p/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/p', undefined],
    ['/q/me', undefined],
    ['/p/me?x=a\tb', undefined],
    ['/p//me', undefined],
  ])('of %s is %s', (given, target) => {
    expect(targetBelow('/p', given)).toBe(target);
  });
});
