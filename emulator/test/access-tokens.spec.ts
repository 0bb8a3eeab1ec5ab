import { afterEach, describe, expect, it } from 'vitest';
import { appOne, appTwo, freezeTime, refusal, secretOf, useEmulator } from './harness.js';

const adviceOnInvalidTokens =
  'invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, ' +
  'more details at https://mmbizurl.cn/s/JtxxFh33r';

const emulator = useEmulator();

/** What a call under /wxa/ says to a token: 40003 (no such openid) means that the token was accepted. */
async function verdictOn(token: unknown): Promise<unknown> {
  const { json } = await emulator.get('/wxa/checksession', { access_token: String(token) });
  return json['errcode'];
}
const accepted = 40003;

async function newPlainToken(): Promise<unknown> {
  return (await emulator.plainToken()).json['access_token'];
}

async function newStableToken(changes: Record<string, unknown> = {}): Promise<unknown> {
  return (await emulator.stableToken(changes)).json['access_token'];
}

describe('GET /cgi-bin/token', () => {
  it('gives a token for 7200 seconds, as text/plain and without errcode', async () => {
    const { status, contentType, json } = await emulator.plainToken();

    expect(status).toBe(200);
    expect(contentType).toBe('text/plain');
    expect(Object.keys(json)).toEqual(['access_token', 'expires_in']);
    expect(json['access_token']).toMatch(/^69_[A-Za-z0-9_-]{130,}$/);
    expect(json['expires_in']).toBe(7200);
  });

  it('gives another token at every call', async () => {
    expect(await newPlainToken()).not.toBe(await newPlainToken());
  });

  it('leaves the previous token working for five minutes, then refuses it with 40001', async () => {
    freezeTime();
    const previous = await newPlainToken();
    await newPlainToken();

    await emulator.advance(299);
    expect(await verdictOn(previous)).toBe(accepted);
    await emulator.advance(1);
    expect(await verdictOn(previous)).toBe(40001);
  });

  it('refuses the token before the previous one at once', async () => {
    const oldest = await newPlainToken();
    const previous = await newPlainToken();
    const latest = await newPlainToken();

    expect(await verdictOn(oldest)).toBe(40001);
    expect(await verdictOn(previous)).toBe(accepted);
    expect(await verdictOn(latest)).toBe(accepted);
  });

  it('makes a token expire after 7200 seconds: 42001', async () => {
    freezeTime();
    const token = await newPlainToken();

    await emulator.advance(7199);
    expect(await verdictOn(token)).toBe(accepted);
    await emulator.advance(1);
    expect(await verdictOn(token)).toBe(42001);
  });

  it('still answers 42001 for a token that had expired before the next was made', async () => {
    const token = await newPlainToken();
    await emulator.advance(7200);
    await newPlainToken();

    expect(await verdictOn(token)).toBe(42001);
  });

  it('keeps apps apart', async () => {
    const token = await newPlainToken();
    await emulator.plainToken({ appid: appTwo });
    await emulator.plainToken({ appid: appTwo });

    expect(await verdictOn(token)).toBe(accepted);
  });

  it.each([
    ['no appid', { appid: '' }, 41002, 'appid missing'],
    ['an unknown appid', { appid: 'wx0123456789abcdef' }, 40013, 'invalid appid'],
    ['a malformed appid and no grant_type', { appid: 'x', grant_type: undefined }, 40013, 'invalid appid'],
    ['no secret', { secret: '' }, 41004, 'appsecret missing'],
    ['a wrong secret', { secret: secretOf(appTwo) }, 40125, 'invalid appsecret'],
    ['no grant_type', { grant_type: undefined }, 40002, 'invalid grant_type'],
    ['a wrong grant_type', { grant_type: 'authorization_code' }, 40002, 'invalid grant_type'],
  ])('refuses %s', async (_name, changes, errcode, message) => {
    const { status, contentType, json } = await emulator.plainToken(changes);

    expect({ status, contentType }).toEqual({ status: 200, contentType: 'text/plain' });
    expect(json).toEqual(refusal(errcode, message));
  });
});

describe('POST /cgi-bin/stable_token', () => {
  it('gives a token for 7200 seconds, as text/plain and without errcode', async () => {
    const { status, contentType, json } = await emulator.stableToken();

    expect(status).toBe(200);
    expect(contentType).toBe('text/plain');
    expect(Object.keys(json)).toEqual(['access_token', 'expires_in']);
    expect(json['expires_in']).toBe(7200);
  });

  it('gives the same token while it lives, with what is left of its life', async () => {
    freezeTime();
    const first = await emulator.stableToken();
    await emulator.advance(1000);
    const later = await emulator.stableToken();

    expect(later.json).toEqual({ access_token: first.json['access_token'], expires_in: 6200 });
  });

  it('renews the token five minutes before its end', async () => {
    freezeTime();
    const old = await newStableToken();
    await emulator.advance(6899);
    const before = await emulator.stableToken();
    await emulator.advance(1);
    const after = await emulator.stableToken();

    expect(before.json).toEqual({ access_token: old, expires_in: 301 });
    expect(after.json['access_token']).not.toBe(old);
    expect(after.json['expires_in']).toBe(7200);
  });

  it('lets old and new token work side by side for the last five minutes', async () => {
    freezeTime();
    const old = await newStableToken();
    await emulator.advance(6900);
    const renewed = await newStableToken();

    await emulator.advance(299);
    expect([await verdictOn(old), await verdictOn(renewed)]).toEqual([accepted, accepted]);
    await emulator.advance(1);
    expect([await verdictOn(old), await verdictOn(renewed)]).toEqual([42001, accepted]);
  });

  it('gives each app its own', async () => {
    expect(await newStableToken({ appid: appOne })).not.toBe(await newStableToken({ appid: appTwo }));
  });

  it('neither disturbs the tokens of /cgi-bin/token nor is disturbed by them', async () => {
    const plain = await newPlainToken();
    const stable = await newStableToken();
    await newPlainToken();
    await newPlainToken();

    expect(stable).not.toBe(plain);
    expect(await verdictOn(stable)).toBe(accepted);
    expect(await newStableToken()).toBe(stable);
  });

  describe('with force_refresh', () => {
    const forced = { force_refresh: true };

    it('gives a new token and leaves the old one five minutes', async () => {
      freezeTime();
      const old = await newStableToken();
      const refreshed = await newStableToken(forced);

      expect(refreshed).not.toBe(old);
      expect(await newStableToken()).toBe(refreshed);
      await emulator.advance(299);
      expect(await verdictOn(old)).toBe(accepted);
      await emulator.advance(1);
      expect(await verdictOn(old)).toBe(40001);
    });

    it('twice, 30 seconds apart, removes a leaked token at once', async () => {
      const leaked = await newStableToken();
      await newStableToken(forced);
      await emulator.advance(30);
      await newStableToken(forced);

      expect(await verdictOn(leaked)).toBe(40001);
    });

    it('within 30 seconds of the last time gives the token there is', async () => {
      freezeTime();
      const refreshed = await newStableToken(forced);
      await emulator.advance(29);
      const tooSoon = await emulator.stableToken(forced);
      await emulator.advance(1);
      const inTime = await emulator.stableToken(forced);

      expect(tooSoon.json).toEqual({ access_token: refreshed, expires_in: 7171 });
      expect(inTime.json['access_token']).not.toBe(refreshed);
    });

    it('refreshes 20 times a day, then gives the token there is, and again a day later', async () => {
      let latest: unknown;
      for (let time = 0; time < 20; time += 1) {
        const refreshed = await newStableToken(forced);
        expect(refreshed).not.toBe(latest);
        latest = refreshed;
        await emulator.advance(30);
      }

      expect(await newStableToken(forced)).toBe(latest);
      await emulator.advance(86_400 - 600);
      const current = await newStableToken();
      expect(await newStableToken(forced)).not.toBe(current);
    });
  });

  it('refuses more than 10000 calls a minute with 45011, and no longer', async () => {
    freezeTime();
    for (let call = 0; call < 10_000; call += 1) {
      emulator.wechat.stableTokenQuotas.countCall(appOne, emulator.wechat.clock.now());
    }

    expect((await emulator.stableToken()).json).toEqual(
      refusal(45011, 'api minute-quota reach limit  mustslower  retry next minute'),
    );
    expect((await emulator.stableToken({ appid: appTwo })).json).toHaveProperty('access_token');
    await emulator.advance(60);
    expect((await emulator.stableToken()).json).toHaveProperty('access_token');
  });

  it('refuses more than 500000 calls a day with 45009, and no longer', async () => {
    freezeTime();
    const start = emulator.wechat.clock.now();
    for (let call = 0; call < 500_000; call += 1) {
      const minute = Math.floor(call / 10_000);
      emulator.wechat.stableTokenQuotas.countCall(appOne, start + minute * 60_000);
    }
    await emulator.advance(3600);

    expect((await emulator.stableToken()).json).toEqual(refusal(45009, 'reach max api daily quota limit'));
    await emulator.advance(86_400 - 3600);
    expect((await emulator.stableToken()).json).toHaveProperty('access_token');
  });

  it.each([
    ['no appid', { appid: '' }, 41002, 'appid missing'],
    ['an unknown appid', { appid: 'wx0123456789abcdef' }, 40013, 'invalid appid'],
    ['no secret', { secret: '' }, 41004, 'appsecret missing'],
    ['a wrong secret', { secret: 'wrong' }, 40125, 'invalid appsecret'],
    ['no grant_type', { grant_type: undefined }, 40002, 'invalid grant_type'],
    ['a wrong grant_type', { grant_type: 'password' }, 40002, 'invalid grant_type'],
    ['an appid that is no text', { appid: 5 }, 47001, 'data format error'],
    ['a force_refresh that is no boolean', { force_refresh: 'true' }, 47001, 'data format error'],
  ])('refuses %s', async (_name, changes, errcode, message) => {
    const { status, contentType, json } = await emulator.stableToken(changes);

    expect({ status, contentType }).toEqual({ status: 200, contentType: 'text/plain' });
    expect(json).toEqual(refusal(errcode, message));
  });

  it.each([
    ['an empty body', '', 44002, 'empty post data'],
    ['a form', 'grant_type=client_credential', 47001, 'data format error'],
    ['a JSON array', '[]', 47001, 'data format error'],
    ['half a JSON object', '{"appid":', 47001, 'data format error'],
  ])('refuses %s', async (_name, body, errcode, message) => {
    expect((await emulator.post('/cgi-bin/stable_token', body)).json).toEqual(refusal(errcode, message));
  });

  it('refuses a GET with 43002', async () => {
    const { status, json } = await emulator.get('/cgi-bin/stable_token');

    expect(status).toBe(200);
    expect(json).toEqual(refusal(43002, 'require POST method'));
  });
});

describe('an access token in a call', () => {
  it('is missing: 41001', async () => {
    const { json } = await emulator.get('/wxa/checksession');

    expect(json).toEqual(refusal(41001, 'access_token missing'));
  });

  it('is unknown: 40001, with advice', async () => {
    const { json } = await emulator.get('/wxa/checksession', { access_token: '69_made-up' });

    expect(json['errcode']).toBe(40001);
    expect(String(json['errmsg']).split(' rid: ')[0]).toBe(adviceOnInvalidTokens);
  });

  it('has expired: 42001', async () => {
    const token = await newStableToken();
    await emulator.advance(7200);
    const { json } = await emulator.get('/wxa/checksession', { access_token: String(token) });

    expect(json).toEqual(refusal(42001, 'access_token expired'));
  });
});

describe('an app without the right to call a path', () => {
  const setPaths = (unauthorized: string[]) =>
    emulator.control('POST', '/apps', { appid: appTwo, unauthorized });
  afterEach(() => setPaths([]));

  it('is refused with 48001, once its token is accepted, until it has the right', async () => {
    const token = await newStableToken({ appid: appTwo });
    await setPaths(['/wxa/checksession']);
    const { json } = await emulator.get('/wxa/checksession', { access_token: String(token) });
    const withoutToken = await verdictOn('made up');
    await setPaths([]);

    expect(json).toEqual(refusal(48001, 'api unauthorized'));
    expect(withoutToken).toBe(40001);
    expect(await verdictOn(token)).toBe(accepted);
  });

  it('can call other paths, and other apps can call that one', async () => {
    const token = await newStableToken({ appid: appTwo });
    await setPaths(['/wxa/checksession']);
    const otherPath = await emulator.get('/wxa/resetusersessionkey', { access_token: String(token) });

    expect(otherPath.json['errcode']).toBe(accepted);
    expect(await verdictOn(await newStableToken())).toBe(accepted);
  });
});

describe('POST /__emulator__/access-tokens/expire', () => {
  it('ends all tokens of the app at once: 40001', async () => {
    const tokens = [await newPlainToken(), await newPlainToken(), await newStableToken()];
    const { status, json } = await emulator.control('POST', '/access-tokens/expire', { appid: appOne });
    const verdicts = await Promise.all(tokens.map(verdictOn));

    expect({ status, json }).toEqual({ status: 200, json: { expired: 3 } });
    expect(verdicts).toEqual([40001, 40001, 40001]);
  });

  it('lets stable_token give the token that replaced them, without a forced refresh', async () => {
    const old = await newStableToken();
    await emulator.control('POST', '/access-tokens/expire', { appid: appOne });
    const replacement = await newStableToken();

    expect(replacement).not.toBe(old);
    expect(await verdictOn(replacement)).toBe(accepted);
  });

  it('does not change the tokens of other apps, or expired ones', async () => {
    const runOut = await newStableToken();
    await emulator.advance(7200);
    const ofAnother = await newStableToken({ appid: appTwo });
    const { json } = await emulator.control('POST', '/access-tokens/expire', { appid: appOne });

    expect(json).toEqual({ expired: 0 });
    expect([await verdictOn(runOut), await verdictOn(ofAnother)]).toEqual([42001, accepted]);
  });

  it('knows only configured apps', async () => {
    const { status } = await emulator.control('POST', '/access-tokens/expire', {
      appid: 'wx0123456789abcdef',
    });

    expect(status).toBe(404);
  });
});
