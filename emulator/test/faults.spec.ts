import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { appOne, appTwo, secretOf, useEmulator } from './harness.js';

const emulator = useEmulator();
const path = '/sns/jscode2session';

function addFault(fault: object) {
  return emulator.control('POST', '/faults', { path, ...fault });
}

async function exchangeNew() {
  return emulator.exchange(await emulator.login());
}

/** Sends a request and hangs up as soon as the emulator has it. */
async function leaveDuring(code: string): Promise<void> {
  const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
  const query = new URLSearchParams({
    appid: appOne,
    secret: secretOf(appOne),
    js_code: code,
    grant_type: 'authorization_code',
  });
  socket.write(`GET ${path}?${query.toString()} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await expect.poll(() => emulator.wechat.requests.all().length).toBe(1);
  socket.destroy();
  await once(socket, 'close');
}

describe('a fault', () => {
  it('answers with the given errcode, its text and a request id', async () => {
    await addFault({ errcode: 45011 });
    const { status, contentType, json } = await exchangeNew();

    expect({ status, contentType }).toEqual({ status: 200, contentType: 'text/plain' });
    expect(json).toEqual({
      errcode: 45011,
      errmsg: expect.stringMatching(
        /^api minute-quota reach limit {2}mustslower {2}retry next minute, rid: [0-9a-f-]{26}$/,
      ),
    });
  });

  it.each([
    [-1, 'system error'],
    [40226, 'code blocked'],
    [40164, 'invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist'],
    [40001, 'invalid credential, access_token is invalid or not latest'],
    [50002, 'user limited'],
    [99999, 'unknown error'],
  ])('%d reads %s', async (errcode, message) => {
    await addFault({ errcode });
    const { json } = await exchangeNew();

    expect(json['errcode']).toBe(errcode);
    expect(String(json['errmsg']).split(', rid: ')[0]).toBe(message);
  });

  it('has no comma before the request id under /cgi-bin and /wxa', async () => {
    await emulator.control('POST', '/faults', { path: '/cgi-bin/token', errcode: 40164 });
    const { json } = await emulator.plainToken();

    expect(json['errmsg']).toMatch(/, not in whitelist rid: [0-9a-f-]{26}$/);
  });

  it('happens the given number of times', async () => {
    await addFault({ errcode: -1, times: 2 });
    const answers = [await exchangeNew(), await exchangeNew(), await exchangeNew()];

    expect(answers.map(({ json }) => json['errcode'])).toEqual([-1, -1, undefined]);
  });

  it('without `times` happens until it is removed', async () => {
    await addFault({ errcode: -1 });
    await exchangeNew();
    expect((await exchangeNew()).json['errcode']).toBe(-1);

    expect((await emulator.control('DELETE', '/faults')).json).toEqual({ deleted: 1 });
    expect((await exchangeNew()).json).toHaveProperty('openid');
  });

  it('applies after older faults', async () => {
    await addFault({ errcode: -1, times: 1 });
    await addFault({ errcode: 45011, times: 1 });
    const answers = [await exchangeNew(), await exchangeNew(), await exchangeNew()];

    expect(answers.map(({ json }) => json['errcode'])).toEqual([-1, 45011, undefined]);
  });

  it('applies only to its path', async () => {
    await addFault({ errcode: -1 });

    expect((await emulator.stableToken()).json).toHaveProperty('access_token');
  });

  it('can apply to one app, which the query, the body or the token names', async () => {
    const token = (await emulator.stableToken({ appid: appTwo })).json['access_token'];
    for (const each of [path, '/cgi-bin/stable_token', '/wxa/checksession']) {
      await emulator.control('POST', '/faults', { path: each, errcode: -1, appid: appTwo });
    }

    expect((await exchangeNew()).json).toHaveProperty('openid');
    expect((await emulator.stableToken()).json).toHaveProperty('access_token');
    expect((await emulator.exchange('any', { appid: appTwo })).json['errcode']).toBe(-1);
    expect((await emulator.stableToken({ appid: appTwo })).json['errcode']).toBe(-1);
    const check = await emulator.get('/wxa/checksession', { access_token: String(token) });
    expect(check.json['errcode']).toBe(-1);
  });

  it('can apply to a path that is not emulated', async () => {
    await emulator.control('POST', '/faults', { path: '/wxa/anything', errcode: 48001 });

    expect((await emulator.get('/wxa/anything')).json['errcode']).toBe(48001);
  });

  describe('that changes the answer’s form', () => {
    it('sets the HTTP status, with a plain text', async () => {
      await addFault({ httpStatus: 502 });
      const { status, contentType, text } = await exchangeNew();

      expect({ status, contentType, text }).toEqual({
        status: 502,
        contentType: 'text/plain',
        text: 'Bad Gateway\n',
      });
    });

    it('sets the HTTP status of an errcode', async () => {
      await addFault({ httpStatus: 500, errcode: -1 });
      const { status, json } = await exchangeNew();

      expect(status).toBe(500);
      expect(json['errcode']).toBe(-1);
    });

    it('replaces the answer with a proxy’s page', async () => {
      await addFault({ body: 'html', httpStatus: 503 });
      const { status, contentType, text } = await exchangeNew();

      expect({ status, contentType }).toEqual({ status: 503, contentType: 'text/html' });
      expect(text).toMatch(/^<!DOCTYPE html>/);
    });

    it('leaves the status of a page at 200 by default', async () => {
      await addFault({ body: 'html' });

      expect((await exchangeNew()).status).toBe(200);
    });

    it('cuts the right answer in half, with the content-length of that half', async () => {
      await addFault({ body: 'truncated', times: 1 });
      const code = await emulator.login();
      const cut = await emulator.exchange(code);
      const whole = await emulator.exchange(code);

      expect(cut.status).toBe(200);
      expect(cut.text).toBe(whole.text.slice(0, Math.floor(whole.text.length / 2)));
    });

    it('answers with an empty body', async () => {
      await addFault({ body: 'empty' });
      const { status, text } = await exchangeNew();

      expect({ status, text }).toEqual({ status: 200, text: '' });
    });

    it('adds unknown fields', async () => {
      await addFault({ unknownFields: true });
      const { json } = await exchangeNew();

      expect(Object.keys(json)).toEqual([
        'session_key',
        'openid',
        'unionid',
        'unknown_field',
        'unknown_object',
      ]);
    });

    it('resets the connection', async () => {
      await addFault({ reset: true });

      await expect(exchangeNew()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    });
  });

  describe('that answers instead of WeChat', () => {
    it.each([
      { errcode: -1 },
      { httpStatus: 500 },
      { body: 'html' },
      { body: 'truncated' },
      { body: 'empty' },
    ])('leaves the code unspent: %j', async (fault) => {
      await addFault({ ...fault, times: 1 });
      const code = await emulator.login();
      await emulator.exchange(code);

      expect((await emulator.exchange(code)).json).toHaveProperty('openid');
    });

    it('does not use up the code if it resets the connection', async () => {
      await addFault({ reset: true, times: 1 });
      const code = await emulator.login();
      await emulator.exchange(code).catch(() => undefined);

      expect((await emulator.exchange(code)).json).toHaveProperty('openid');
    });

    it.each([
      { errcode: -1 },
      { httpStatus: 500 },
      { body: 'html' },
      { body: 'truncated' },
      { body: 'empty' },
    ])('spends the code if told to: %j', async (fault) => {
      await addFault({ ...fault, times: 1, spend: true });
      const code = await emulator.login();
      await emulator.exchange(code);

      expect((await emulator.exchange(code)).json['errcode']).toBe(40163);
    });

    it('uses up the code before it resets the connection with `spend`', async () => {
      await addFault({ reset: true, times: 1, spend: true });
      const code = await emulator.login();
      await emulator.exchange(code).catch(() => undefined);

      expect((await emulator.exchange(code)).json['errcode']).toBe(40163);
    });

    it('makes no token either, unless `spend` is set', async () => {
      const stable = await emulator.stableToken();
      await emulator.control('POST', '/faults', {
        path: '/cgi-bin/stable_token',
        body: 'truncated',
        times: 1,
      });
      await emulator.stableToken({ force_refresh: true });

      expect((await emulator.stableToken()).json['access_token']).toBe(stable.json['access_token']);
    });
  });

  describe('that delays', () => {
    it('gives the normal answer, later', async () => {
      await addFault({ delayMs: 30 });
      const startedAt = performance.now();
      const { json } = await exchangeNew();

      expect(json).toHaveProperty('openid');
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
    });

    it('can delay any other fault', async () => {
      await addFault({ delayMs: 1, errcode: -1 });

      expect((await exchangeNew()).json['errcode']).toBe(-1);
    });

    it('does not use up the code if the caller does not wait', async () => {
      await addFault({ delayMs: 3_600_000, times: 1 });
      const code = await emulator.login();
      await leaveDuring(code);

      expect((await emulator.exchange(code)).json).toHaveProperty('openid');
    });

    it('uses up the code of a caller who does not wait with `spend`', async () => {
      await addFault({ delayMs: 3_600_000, times: 1, spend: true });
      const code = await emulator.login();
      await leaveDuring(code);

      expect((await emulator.exchange(code)).json['errcode']).toBe(40163);
    });
  });
});

describe('/__emulator__/faults', () => {
  it('shows what was added, with how many times are left', async () => {
    const added = await addFault({ errcode: -1, times: 2 });
    await exchangeNew();
    const { json } = await emulator.control('GET', '/faults');

    expect(added.json).toEqual({ path, times: 2, errcode: -1 });
    expect(json).toEqual({ items: [{ path, times: 1, errcode: -1 }] });
  });

  it('does not show a fault that is over', async () => {
    await addFault({ errcode: -1, times: 1 });
    await exchangeNew();

    expect((await emulator.control('GET', '/faults')).json).toEqual({ items: [] });
  });

  it('removes the faults of one path, which the body or the query names', async () => {
    await addFault({ errcode: -1 });
    await emulator.control('POST', '/faults', { path: '/cgi-bin/token', errcode: -1 });
    const inBody = await emulator.control('DELETE', '/faults', { path });
    const inQuery = await emulator.control('DELETE', '/faults?path=/cgi-bin/token');

    expect([inBody.json, inQuery.json]).toEqual([{ deleted: 1 }, { deleted: 1 }]);
  });

  it('does not remove all because of a misspelt path', async () => {
    await addFault({ errcode: -1 });
    const { status, json } = await emulator.control('DELETE', '/faults', { url: path });

    expect({ status, json }).toEqual({
      status: 400,
      json: { error: 'unknown field "url"; known are: path' },
    });
  });

  it.each([
    ['no path', { path: undefined, errcode: -1 }, 'path is missing: give a text of 1 to 512 characters'],
    [
      'a path with a query',
      { path: '/sns/jscode2session?appid=1', errcode: -1 },
      "path must be one of WeChat's, without a query: /sns/jscode2session",
    ],
    [
      'a control call',
      { path: '/__emulator__/clock', errcode: -1 },
      "path must be one of WeChat's, without a query: /sns/jscode2session",
    ],
    [
      'nothing to do',
      { times: 1 },
      'the fault does nothing: give delayMs, errcode, httpStatus, body, reset or unknownFields',
    ],
    ['times 0', { errcode: -1, times: 0 }, 'times must be a number from 1 to 1000000000'],
    ['an errcode in quotes', { errcode: '-1' }, 'errcode must be a number from -1000000000 to 1000000000'],
    ['half an errcode', { errcode: 0.5 }, 'errcode must be a whole number'],
    ['a status that is none', { httpStatus: 99 }, 'httpStatus must be a number from 200 to 599'],
    ['another body', { body: 'xml' }, 'body must be one of: html, truncated, empty'],
    ['a negative delay', { delayMs: -1 }, 'delayMs must be a number from 0 to 3600000'],
    ['a reset in quotes', { reset: 'yes' }, 'reset must be true or false'],
    [
      'a reset with an answer',
      { reset: true, errcode: -1 },
      'a connection that is reset carries no answer: give reset alone, or with delayMs',
    ],
    [
      'a page with an errcode',
      { body: 'html', errcode: -1 },
      'an answer with body html has no room for errcode or unknownFields',
    ],
    [
      'a misspelt field',
      { errcode: -1, time: 1 },
      'unknown field "time"; known are: path, appid, times, delayMs, errcode, httpStatus, body, reset, unknownFields, spend',
    ],
  ])('refuses %s', async (_name, fault, error) => {
    const { status, json } = await addFault(fault);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});
