import { describe, expect, it } from 'vitest';
import { appAlone, appOne, appTwo, freezeTime, secretOf, useEmulator } from './harness.js';

const rid = '[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}';

function refusal(errcode: number, message: string): object {
  return { errcode, errmsg: expect.stringMatching(new RegExp(`^${message}, rid: ${rid}$`)) };
}

describe('GET /sns/jscode2session', () => {
  const emulator = useEmulator();

  describe('a valid code', () => {
    it('gives session_key, openid and unionid, in that order, and no errcode', async () => {
      const { status, json } = await emulator.exchange(await emulator.login());

      expect(status).toBe(200);
      expect(Object.keys(json)).toEqual(['session_key', 'openid', 'unionid']);
    });

    it('answers JSON as text/plain', async () => {
      const { contentType } = await emulator.exchange(await emulator.login());

      expect(contentType).toBe('text/plain');
    });

    it('gives a session key of 16 bytes in base64', async () => {
      const { json } = await emulator.exchange(await emulator.login());

      expect(json['session_key']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
      expect(Buffer.from(String(json['session_key']), 'base64')).toHaveLength(16);
    });

    it('gives openid and unionid of 28 characters that begin with o', async () => {
      const { json } = await emulator.exchange(await emulator.login());

      expect(json['openid']).toMatch(/^o[A-Za-z0-9_-]{27}$/);
      expect(json['unionid']).toMatch(/^o[A-Za-z0-9_-]{27}$/);
      expect(json['unionid']).not.toBe(json['openid']);
    });

    it('gives a user the same ids in every run', async () => {
      const { json } = await emulator.exchange(await emulator.login(appOne, 'anna'));

      expect(json).toMatchObject({
        openid: 'owYFsF96IhVg5y2MeLOELxYCWAug',
        unionid: 'oBvnrQPfYa4IttUvNuXPNCQ3gIPH',
      });
    });

    it('gives a user another openid in another app, and the same unionid under one Open Platform account', async () => {
      const one = await emulator.exchange(await emulator.login(appOne));
      const two = await emulator.exchange(await emulator.login(appTwo), { appid: appTwo });

      expect(two.json['openid']).not.toBe(one.json['openid']);
      expect(two.json['unionid']).toBe(one.json['unionid']);
    });

    it('gives no unionid in an app under no Open Platform account', async () => {
      const { json } = await emulator.exchange(await emulator.login(appAlone), { appid: appAlone });

      expect(Object.keys(json)).toEqual(['session_key', 'openid']);
    });

    it('withholds the unionid of a user with unionid: false, until it is true again', async () => {
      await emulator.control('POST', '/users', { id: 'anna', unionid: false });
      const withheld = await emulator.exchange(await emulator.login());
      await emulator.control('POST', '/users', { id: 'anna', unionid: true });
      const told = await emulator.exchange(await emulator.login());

      expect(Object.keys(withheld.json)).toEqual(['session_key', 'openid']);
      expect(Object.keys(told.json)).toEqual(['session_key', 'openid', 'unionid']);
    });

    it('gives different users different openids', async () => {
      const anna = await emulator.exchange(await emulator.login(appOne, 'anna'));
      const bo = await emulator.exchange(await emulator.login(appOne, 'bo'));

      expect(bo.json['openid']).not.toBe(anna.json['openid']);
    });

    it('gives the session key at the time of the exchange, not of the login', async () => {
      const first = await emulator.login();
      const second = await emulator.login();
      const older = await emulator.exchange(first);
      const newer = await emulator.exchange(second);

      expect(older.json['session_key']).toBe(newer.json['session_key']);
    });
  });

  describe('a code that cannot be exchanged', () => {
    it('is refused with 40163 the second time', async () => {
      const code = await emulator.login();
      await emulator.exchange(code);
      const { status, contentType, json } = await emulator.exchange(code);

      expect(status).toBe(200);
      expect(contentType).toBe('text/plain');
      expect(json).toEqual(refusal(40163, 'code been used'));
    });

    it('is exchanged once, even if many ask at the same time', async () => {
      const code = await emulator.login();
      const answers = await Promise.all(Array.from({ length: 10 }, () => emulator.exchange(code)));

      expect(answers.filter(({ json }) => 'session_key' in json)).toHaveLength(1);
      expect(answers.filter(({ json }) => json['errcode'] === 40163)).toHaveLength(9);
    });

    it('is refused with 40029 if it is unknown', async () => {
      const { json } = await emulator.exchange('0123456789abcdefghijklmnopqrstuv');

      expect(json).toEqual(refusal(40029, 'invalid code'));
    });

    it('is still valid just before five minutes have passed', async () => {
      freezeTime();
      const code = await emulator.login();
      await emulator.advance(299);

      expect((await emulator.exchange(code)).json).toHaveProperty('session_key');
    });

    it('is refused with 40029 after five minutes', async () => {
      const code = await emulator.login();
      await emulator.advance(300);

      expect((await emulator.exchange(code)).json).toEqual(refusal(40029, 'invalid code'));
    });

    it('is refused with 40029 for another app, and not used up', async () => {
      const code = await emulator.login(appOne);

      expect((await emulator.exchange(code, { appid: appTwo })).json).toEqual(refusal(40029, 'invalid code'));
      expect((await emulator.exchange(code)).json).toHaveProperty('session_key');
    });

    it('is missing: 41008', async () => {
      const { json } = await emulator.exchange('', { js_code: undefined });

      expect(json).toEqual(refusal(41008, 'missing code'));
    });
  });

  describe('the other parameters', () => {
    it.each([
      ['no appid', { appid: '' }, 41002, 'appid missing'],
      ['an appid nobody has', { appid: 'wx0123456789abcdef' }, 40013, 'invalid appid'],
      ['a malformed appid', { appid: 'nonsense' }, 40013, 'invalid appid'],
      ['no secret', { secret: '' }, 41004, 'appsecret missing'],
      ['a wrong secret', { secret: secretOf(appTwo) }, 40125, 'invalid appsecret'],
      ['no grant_type', { grant_type: undefined }, 40002, 'invalid grant_type'],
      ['a wrong grant_type', { grant_type: 'client_credential' }, 40002, 'invalid grant_type'],
    ])('%s', async (_name, changes, errcode, message) => {
      const { status, json } = await emulator.exchange(await emulator.login(), changes);

      expect(status).toBe(200);
      expect(json).toEqual(refusal(errcode, message));
    });

    it('do not use up the code if they are wrong', async () => {
      const code = await emulator.login();
      await emulator.exchange(code, { secret: 'wrong' });

      expect((await emulator.exchange(code)).json).toHaveProperty('session_key');
    });

    it('are checked in the order appid, secret, grant_type, code', async () => {
      const all = { appid: 'nonsense', secret: 'wrong', grant_type: 'wrong' };
      const answers = await Promise.all([
        emulator.exchange('wrong', all),
        emulator.exchange('wrong', { ...all, appid: appOne }),
        emulator.exchange('wrong', { ...all, appid: appOne, secret: secretOf(appOne) }),
        emulator.exchange('wrong'),
      ]);

      expect(answers.map(({ json }) => json['errcode'])).toEqual([40013, 40125, 40002, 40029]);
    });

    it('must be in the query of a GET: 43001 for a POST', async () => {
      const { json } = await emulator.post('/sns/jscode2session', {});

      expect(json).toEqual(refusal(43001, 'require GET method'));
    });
  });

  it('puts the emulator’s time into its request ids', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await emulator.advance(60);
    const { json } = await emulator.exchange('unknown');

    const seconds = (Date.parse('2026-03-01T08:01:00.000Z') / 1000).toString(16);
    expect(json['errmsg']).toMatch(new RegExp(`, rid: ${seconds}-[0-9a-f]{8}-[0-9a-f]{8}$`));
  });
});

describe('paths that are not emulated', () => {
  const emulator = useEmulator();

  it.each(['/sns/userinfo', '/cgi-bin/user/info', '/wxa/getwxacode'])(
    '%s answers 40066 as WeChat does',
    async (path) => {
      const { status, json } = await emulator.get(path);

      expect(status).toBe(200);
      expect(json).toEqual({ errcode: 40066, errmsg: expect.stringMatching(/^invalid url/) });
    },
  );

  it.each(['/', '/favicon.ico', '//', '/snsx/jscode2session'])('%s is a plain 404', async (path) => {
    const { status, contentType, text } = await emulator.call(path);

    expect({ status, contentType, text }).toEqual({
      status: 404,
      contentType: 'text/plain',
      text: 'Not Found\n',
    });
  });
});
