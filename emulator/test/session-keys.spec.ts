import { describe, expect, it } from 'vitest';
import { appOne, appTwo, freezeTime, refusal, signatureBy, useEmulator, type LoggedIn } from './harness.js';

const emulator = useEmulator();

async function signedQuery(
  { openid, sessionKey }: LoggedIn,
  changes: Record<string, string> = {},
): Promise<Record<string, string>> {
  const { json } = await emulator.stableToken();
  return {
    access_token: String(json['access_token']),
    openid,
    signature: signatureBy(sessionKey),
    sig_method: 'hmac_sha256',
    ...changes,
  };
}

async function check(loggedIn: LoggedIn, changes: Record<string, string> = {}) {
  return emulator.get('/wxa/checksession', await signedQuery(loggedIn, changes));
}

describe('wx.login and the session key', () => {
  it('changes the key every time', async () => {
    const first = await emulator.logIn();
    const second = await emulator.logIn();

    expect(second.openid).toBe(first.openid);
    expect(second.sessionKey).not.toBe(first.sessionKey);
  });

  it('keeps the key within sessionKeyMinInterval, and changes it afterwards', async () => {
    freezeTime();
    await emulator.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    const first = await emulator.logIn();
    await emulator.advance(599);
    const within = await emulator.logIn();
    await emulator.advance(1);
    const after = await emulator.logIn();

    expect(within.sessionKey).toBe(first.sessionKey);
    expect(after.sessionKey).not.toBe(first.sessionKey);
  });

  it('has a key per app and user', async () => {
    const anna = await emulator.logIn(appOne, 'anna');
    await emulator.logIn(appTwo, 'anna');
    await emulator.logIn(appOne, 'bo');

    expect((await check(anna)).json['errcode']).toBe(0);
  });
});

describe('POST /__emulator__/session-keys/rotate', () => {
  it('replaces the key, whatever sessionKeyMinInterval says', async () => {
    await emulator.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    const anna = await emulator.logIn();
    const { status, json } = await emulator.control('POST', '/session-keys/rotate', {
      appid: appOne,
      user: 'anna',
    });

    expect({ status, json }).toEqual({ status: 200, json: { rotated: true } });
    expect((await check(anna)).json).toEqual(refusal(87009, 'invalid signature'));
  });

  it('lets a code that was obtained before resolve to the new key', async () => {
    await emulator.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    const before = await emulator.logIn();
    const code = await emulator.login();
    await emulator.control('POST', '/session-keys/rotate', { appid: appOne, user: 'anna' });
    const { json } = await emulator.exchange(code);

    expect(json['session_key']).not.toBe(before.sessionKey);
    expect((await check({ ...before, sessionKey: String(json['session_key']) })).json['errcode']).toBe(0);
  });
});

describe('GET /wxa/checksession', () => {
  it('answers errcode 0 and ok to the valid key', async () => {
    const { status, text } = await check(await emulator.logIn());

    expect(status).toBe(200);
    expect(text).toBe('{"errcode":0,"errmsg":"ok"}');
  });

  it('has a JSON content type, which can be set', async () => {
    const anna = await emulator.logIn();
    const usual = await check(anna);
    await emulator.control('POST', '/settings', { wxaContentType: 'text/plain' });
    const set = await check(anna);

    expect(usual.contentType).toBe('application/json; charset=UTF-8');
    expect(set.contentType).toBe('text/plain');
  });

  it('takes tokens of /cgi-bin/token as well', async () => {
    const { json } = await emulator.plainToken();

    expect(
      (await check(await emulator.logIn(), { access_token: String(json['access_token']) })).json['errcode'],
    ).toBe(0);
  });

  it('answers 87009 to a key that a later login replaced', async () => {
    const first = await emulator.logIn();
    const second = await emulator.logIn();

    expect((await check(first)).json).toEqual(refusal(87009, 'invalid signature'));
    expect((await check(second)).json['errcode']).toBe(0);
  });

  it('answers 87009 to a signature by the decoded key', async () => {
    const anna = await emulator.logIn();
    const decoded = Buffer.from(anna.sessionKey, 'base64').toString('latin1');

    expect((await check({ ...anna, sessionKey: decoded })).json).toEqual(refusal(87009, 'invalid signature'));
  });

  it.each([
    ['no signature', { signature: '' }, 87009, 'invalid signature'],
    ['another sig_method', { sig_method: 'hmac_sha1' }, 87008, 'invalid sig_method'],
    ['an openid nobody has', { openid: 'oooooooooooooooooooooooooooo' }, 40003, 'invalid openid'],
    ['no openid', { openid: '' }, 40003, 'invalid openid'],
  ])('refuses %s', async (_name, changes, errcode, message) => {
    expect((await check(await emulator.logIn(), changes)).json).toEqual(refusal(errcode, message));
  });

  it('refuses the openid of another app', async () => {
    expect((await check(await emulator.logIn(appTwo))).json).toEqual(refusal(40003, 'invalid openid'));
  });

  it('checks the token first', async () => {
    const { json } = await check(await emulator.logIn(), { access_token: 'wrong', openid: 'wrong' });

    expect(json['errcode']).toBe(40001);
  });
});

describe('GET /wxa/resetusersessionkey', () => {
  it('gives a new key, in the order errcode, errmsg, openid, session_key', async () => {
    const anna = await emulator.logIn();
    const { status, json } = await emulator.get('/wxa/resetusersessionkey', await signedQuery(anna));

    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(['errcode', 'errmsg', 'openid', 'session_key']);
    expect(json).toMatchObject({ errcode: 0, errmsg: 'ok', openid: anna.openid });
    expect(json['session_key']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
  });

  it('makes the old key invalid at once', async () => {
    const anna = await emulator.logIn();
    const { json } = await emulator.get('/wxa/resetusersessionkey', await signedQuery(anna));

    expect((await check(anna)).json['errcode']).toBe(87009);
    expect((await check({ ...anna, sessionKey: String(json['session_key']) })).json['errcode']).toBe(0);
  });

  it('refuses a wrong signature and changes nothing', async () => {
    const anna = await emulator.logIn();
    const { json } = await emulator.get(
      '/wxa/resetusersessionkey',
      await signedQuery(anna, { signature: signatureBy('wrong') }),
    );

    expect(json).toEqual(refusal(87009, 'invalid signature'));
    expect((await check(anna)).json['errcode']).toBe(0);
  });
});

async function checkOnPhone(): Promise<unknown> {
  const { json } = await emulator.control('POST', '/wx/checkSession', { appid: appOne, user: 'anna' });
  return json['errMsg'];
}

describe('POST /__emulator__/wx/checkSession', () => {
  const dead = 'checkSession:fail session time out, need relogin';

  it('is ok after wx.login, whether or not the code was exchanged', async () => {
    await emulator.login();

    expect(await checkOnPhone()).toBe('checkSession:ok');
  });

  it('fails before the first wx.login', async () => {
    expect(await checkOnPhone()).toBe(dead);
  });

  it('fails after the key was rotated, until the next wx.login', async () => {
    await emulator.login();
    await emulator.control('POST', '/session-keys/rotate', { appid: appOne, user: 'anna' });
    expect(await checkOnPhone()).toBe(dead);

    await emulator.login();
    expect(await checkOnPhone()).toBe('checkSession:ok');
  });

  it('stays ok when the backend resets the key', async () => {
    await emulator.get('/wxa/resetusersessionkey', await signedQuery(await emulator.logIn()));

    expect(await checkOnPhone()).toBe('checkSession:ok');
  });
});
