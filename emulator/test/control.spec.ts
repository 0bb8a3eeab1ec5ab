import { describe, expect, it } from 'vitest';
import { appAlone, appOne, appTwo, freezeTime, secretOf, useEmulator } from './harness.js';

const emulator = useEmulator();

describe('/__emulator__/apps', () => {
  it('shows the three default apps', async () => {
    const { status, contentType, json } = await emulator.control('GET', '/apps');
    const push = { token: 'emulator', encodingAesKey: 'A'.repeat(43), mode: 'plain', format: 'json' };
    const type = 'miniprogram';

    expect({ status, contentType }).toEqual({ status: 200, contentType: 'application/json; charset=utf-8' });
    expect(json).toEqual({
      items: [
        { appid: appOne, secret: secretOf(appOne), type, openPlatform: 'emulator', push },
        { appid: appTwo, secret: secretOf(appTwo), type, openPlatform: 'emulator', push },
        { appid: appAlone, secret: secretOf(appAlone), type, push },
      ],
    });
  });

  it('generates missing values', async () => {
    const { status, json } = await emulator.control('POST', '/apps');

    expect(status).toBe(200);
    expect(json).toEqual({
      appid: expect.stringMatching(/^wx[0-9a-f]{16}$/),
      secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      type: 'miniprogram',
      push: { token: 'emulator', encodingAesKey: 'A'.repeat(43), mode: 'plain', format: 'json' },
    });
  });

  it('adds an app that can be used at once', async () => {
    const app = { appid: 'wx00000000000000aa', secret: 'b'.repeat(32), openPlatform: 'mine' };
    await emulator.control('POST', '/apps', app);
    const code = await emulator.login(app.appid);
    const { json } = await emulator.exchange(code, { appid: app.appid, secret: app.secret });

    expect(Object.keys(json)).toEqual(['session_key', 'openid', 'unionid']);
  });

  it('changes only the given fields of an existing app', async () => {
    const appid = 'wx00000000000000bb';
    await emulator.control('POST', '/apps', { appid, secret: 'old', push: { mode: 'secure' } });
    const { json } = await emulator.control('POST', '/apps', {
      appid,
      push: { url: 'http://localhost/push' },
    });

    expect(json).toMatchObject({ push: { mode: 'secure', url: 'http://localhost/push' } });
    const code = await emulator.login(appid);
    expect((await emulator.exchange(code, { appid, secret: 'old' })).json).toHaveProperty('openid');
  });

  it('never shows a secret that the emulator did not make', async () => {
    const app = { appid: 'wx0123456789abcde0', secret: 'c'.repeat(32) };
    const push = { token: 'myToken', encodingAesKey: 'B'.repeat(43) };
    const added = await emulator.control('POST', '/apps', { ...app, push });
    const asked = await emulator.control('POST', '/apps', { appid: app.appid });
    const { items } = (await emulator.control('GET', '/apps')).json;
    const shown = { secret: '***', push: { token: '***', encodingAesKey: '***' } };

    expect(added.json).toMatchObject(shown);
    expect(asked.json).toMatchObject(shown);
    expect(items).toContainEqual(added.json);
  });

  it('still shows the secret that it made', async () => {
    const { json } = await emulator.control('POST', '/apps');
    const { items } = (await emulator.control('GET', '/apps')).json;

    expect(items).toContainEqual(json);
    expect(json['secret']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('unbinds an app from its Open Platform account with null', async () => {
    const appid = 'wx00000000000000cc';
    await emulator.control('POST', '/apps', { appid, openPlatform: 'mine' });
    const { json } = await emulator.control('POST', '/apps', { appid, openPlatform: null });

    expect(json).not.toHaveProperty('openPlatform');
  });

  it.each([
    [{ appid: 'wx1' }, 'appid must be wx and 16 lower-case hexadecimal digits'],
    [{ secret: 5 }, 'secret must be a text of 1 to 512 characters'],
    [{ type: 'website' }, 'type must be one of: miniprogram'],
    [{ openPlatform: '' }, 'openPlatform must be a text of 1 to 512 characters'],
    [{ push: 'on' }, 'push must be an object: {url, token, encodingAesKey, mode, format}'],
    [{ push: { encodingAesKey: 'short' } }, 'encodingAesKey must be 43 letters and digits'],
    [{ push: { mode: 'open' } }, 'mode must be one of: plain, compatible, secure'],
    [
      { unauthorized: ['/wxa/checksession', 'msg_sec_check'] },
      'unauthorized must be a list of paths under /wxa/: ["/wxa/msg_sec_check"]',
    ],
    [
      { appId: appOne },
      'unknown field "appId"; known are: appid, secret, type, name, openPlatform, unauthorized, pages, push',
    ],
  ])('refuses %j', async (app, error) => {
    const { status, json } = await emulator.control('POST', '/apps', app);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});

describe('/__emulator__/users', () => {
  it('adds a user, and generates an id', async () => {
    const { status, json } = await emulator.control('POST', '/users', { nickname: '安娜', countryCode: 86 });

    expect(status).toBe(200);
    expect(json).toMatchObject({ id: 'user-1', nickname: '安娜', countryCode: 86, unionid: true });
  });

  it('shows the ids of the user in the apps', async () => {
    const { json } = await emulator.control('POST', '/users', { id: 'anna' });
    const exchanged = await emulator.exchange(await emulator.login(appOne, 'anna'));

    expect(json).toMatchObject({
      openids: { [appOne]: exchanged.json['openid'] },
      unionids: { emulator: exchanged.json['unionid'] },
    });
  });

  it('generates a Chinese mobile number, the same in every run', async () => {
    const anna = await emulator.control('POST', '/users', { id: 'anna' });
    const bo = await emulator.control('POST', '/users', { id: 'bo' });

    expect(anna.json).toMatchObject({ phone: '13853965216', countryCode: '86' });
    expect(bo.json['phone']).toMatch(/^13[0-9]{9}$/);
    expect(bo.json['phone']).not.toBe(anna.json['phone']);
  });

  it('changes only the given fields of an existing user', async () => {
    await emulator.control('POST', '/users', { id: 'anna', nickname: 'Anna', phone: '13800138000' });
    const { json } = await emulator.control('POST', '/users', { id: 'anna', phone: '13900139000' });

    expect(json).toMatchObject({ id: 'anna', nickname: 'Anna', phone: '13900139000' });
  });

  it('shows all users, also those that another call created', async () => {
    await emulator.control('POST', '/users', { id: 'anna' });
    await emulator.login(appOne, 'bo');
    await emulator.control('POST', '/wx/checkSession', { appid: appOne, user: 'cai' });
    await emulator.control('POST', '/session-keys/rotate', { appid: appOne, user: 'dan' });
    const { items } = (await emulator.control('GET', '/users')).json;

    expect(items).toMatchObject([{ id: 'anna' }, { id: 'bo' }, { id: 'cai' }, { id: 'dan' }]);
  });

  it('does not show a hidden user, but lets the user log in', async () => {
    emulator.wechat.users.hide('operator');
    await emulator.control('POST', '/users', { id: 'anna' });
    const { openid } = await emulator.logIn(appOne, 'operator');
    const { items } = (await emulator.control('GET', '/users')).json;

    expect(openid).toMatch(/^o/);
    expect(items).toMatchObject([{ id: 'anna' }]);
  });

  it.each([
    [{ id: '' }, 'id must be a text of 1 to 512 characters'],
    [{ unionid: 'no' }, 'unionid must be true or false'],
    [{ countryCode: '+86' }, 'countryCode must be one to four digits, as a number or as a text: 86 or "86"'],
    [{ phone: '+8613800138000' }, 'phone must be the digits after the country code'],
    [{ name: 'Anna' }, 'unknown field "name"; known are: id, nickname, phone, countryCode, unionid'],
  ])('refuses %j', async (user, error) => {
    const { status, json } = await emulator.control('POST', '/users', user);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});

describe('/__emulator__/wx/login', () => {
  it('gives the result of wx.login', async () => {
    const { status, json } = await emulator.control('POST', '/wx/login', { appid: appOne, user: 'anna' });

    expect(status).toBe(200);
    expect(json).toEqual({ code: expect.stringMatching(/^0[0-9][0-9A-Za-z]{30}$/), errMsg: 'login:ok' });
  });

  it('gives another code every time', async () => {
    expect(await emulator.login()).not.toBe(await emulator.login());
  });

  it.each([
    '/wx/login',
    '/wx/checkSession',
    '/wx/getUserInfo',
    '/wx/getUserProfile',
    '/wx/getPhoneNumber',
    '/wx/getWeRunData',
    '/session-keys/rotate',
  ])('%s knows only configured apps', async (path) => {
    const { status, json } = await emulator.control('POST', path, {
      appid: 'wx0123456789abcdef',
      user: 'anna',
    });

    expect(status).toBe(404);
    expect(json['error']).toMatch(/^no app wx0123456789abcdef here; there are: wxe000000000000001, /);
  });

  it.each([
    ['no appid', { user: 'anna' }, 'appid is missing: give a text of 1 to 512 characters'],
    ['no user', { appid: appOne }, 'user is missing: give a text of 1 to 512 characters'],
    ['a user that is no text', { appid: appOne, user: 5 }, 'user must be a text of 1 to 512 characters'],
  ])('refuses %s', async (_name, input, error) => {
    const { status, json } = await emulator.control('POST', '/wx/login', input);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});

describe('/__emulator__/clock', () => {
  it('moves forward, and adds up', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await emulator.advance(60);
    const { json } = await emulator.advance(0.5);

    expect(json).toEqual({ now: '2026-03-01T08:01:00.500Z', offsetSeconds: 60.5 });
    expect((await emulator.control('GET', '/clock')).json).toEqual({ items: [json] });
  });

  it('sets the date of every answer', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await emulator.advance(600);
    for (const path of ['/sns/jscode2session', '/', '/__emulator__/clock']) {
      const { headers } = await fetch(`${emulator.url}${path}`);
      expect(headers.get('date')).toBe('Sun, 01 Mar 2026 08:10:00 GMT');
    }
  });

  it.each([
    [{}, 'advanceSeconds is missing: give the seconds by which to move the clock forward'],
    [{ advanceSeconds: '60' }, expect.stringMatching(/^advanceSeconds must be a number from 0 to /)],
    [{ advanceSeconds: -60 }, expect.stringMatching(/^advanceSeconds must be a number from 0 to /)],
    [{ advanceSeconds: 1e12 }, expect.stringMatching(/^advanceSeconds must be a number from 0 to /)],
  ])('refuses %j', async (input, error) => {
    const { status, json } = await emulator.control('POST', '/clock', input);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});

describe('/__emulator__/settings', () => {
  const invalidWords =
    'contentWords must be a list of {word, suggest?, label?}, suggest one of: risky, review; label a number';

  it('shows all settings, and changes the given ones', async () => {
    const changed = await emulator.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    const { json } = await emulator.control('GET', '/settings');

    expect(changed.json).toEqual({
      sessionKeyMinInterval: 600,
      wxaContentType: 'application/json; charset=UTF-8',
      contentWords: [
        { word: '违禁词', suggest: 'risky', label: 21000 },
        { word: '可疑词', suggest: 'review', label: 21000 },
      ],
      pushRetry: 'same',
    });
    expect(json).toEqual({ items: [changed.json] });
  });

  it.each([
    [{ sessionKeyMinInterval: -1 }, 'sessionKeyMinInterval must be a number from 0 to 1000000000'],
    [{ wxaContentType: 'json\r\nx: y' }, 'wxaContentType must be a content type, as in text/plain'],
    [
      { interval: 1 },
      'unknown field "interval"; known are: sessionKeyMinInterval, wxaContentType, contentWords, pushRetry',
    ],
    [{ pushRetry: 'never' }, 'pushRetry must be one of: same, fresh'],
    [{ contentWords: '坏' }, invalidWords],
    [{ contentWords: ['坏'] }, invalidWords],
    [{ contentWords: [{ word: '' }] }, invalidWords],
    [{ contentWords: [{ word: '坏', suggest: 'pass' }] }, invalidWords],
    [{ contentWords: [{ word: '坏', label: '20003' }] }, invalidWords],
    [{ contentWords: [{ word: '坏', verdict: 'risky' }] }, invalidWords],
  ])('refuses %j', async (input, error) => {
    const { status, json } = await emulator.control('POST', '/settings', input);

    expect({ status, json }).toEqual({ status: 400, json: { error } });
  });
});

async function requests(): Promise<unknown> {
  return (await emulator.control('GET', '/requests')).json['items'];
}

describe('/__emulator__/requests', () => {
  it('shows the calls received, newest last, with secrets masked', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await emulator.exchange(await emulator.login());
    await emulator.advance(1);
    await emulator.stableToken();
    await emulator.get('/wxa/checksession', { access_token: 'a', openid: 'b', signature: 'c' });

    expect(await requests()).toEqual([
      {
        at: '2026-03-01T08:00:00.000Z',
        method: 'GET',
        path: '/sns/jscode2session',
        query: { appid: appOne, secret: '***', js_code: '***', grant_type: 'authorization_code' },
      },
      {
        at: '2026-03-01T08:00:01.000Z',
        method: 'POST',
        path: '/cgi-bin/stable_token',
        query: {},
        body: { grant_type: 'client_credential', appid: appOne, secret: '***' },
      },
      {
        at: '2026-03-01T08:00:01.000Z',
        method: 'GET',
        path: '/wxa/checksession',
        query: { access_token: '***', openid: 'b', signature: '***' },
      },
    ]);
  });

  it('masks the codes and encrypted data of the calls under /wxa/ too', async () => {
    const body = { code: 'c', openid: 'o', encryptedData: 'e', iv: 'i', content: 'hello' };
    await emulator.post('/wxa/anything?access_token=a', body);

    expect(await requests()).toMatchObject([
      {
        query: { access_token: '***' },
        body: { code: '***', openid: 'o', encryptedData: '***', iv: '***', content: 'hello' },
      },
    ]);
  });

  it('masks at any depth, and keeps nothing of a body that is not JSON', async () => {
    await emulator.post('/wxa/anything', { list: [{ session_key: 'k' }] });
    await emulator.post('/wxa/anything', 'secret=s');

    expect(await requests()).toMatchObject([
      { body: { list: [{ session_key: '***' }] } },
      { body: '(8 bytes, not JSON)' },
    ]);
  });

  it('keeps only the length of a long body', async () => {
    await emulator.post('/wxa/anything', 'x'.repeat(5000));

    expect(await requests()).toMatchObject([{ body: '(5000 bytes)' }]);
  });

  it('shows calls that met a fault, and those to paths that are not emulated', async () => {
    await emulator.control('POST', '/faults', { path: '/sns/jscode2session', errcode: -1 });
    await emulator.exchange('any');
    await emulator.get('/nowhere');

    expect(await requests()).toMatchObject([{ path: '/sns/jscode2session' }, { path: '/nowhere' }]);
  });

  it('keeps the last 1000', async () => {
    const request = { method: 'GET', query: new URLSearchParams(), body: '', callerAddress: '127.0.0.1' };
    for (let number = 1; number <= 1001; number += 1) {
      emulator.wechat.requests.add({ ...request, path: `/wxa/${number}` }, 0);
    }
    const kept = emulator.wechat.requests.all();

    expect([kept.length, kept[0]?.path, kept.at(-1)?.path]).toEqual([1000, '/wxa/2', '/wxa/1001']);
  });

  it('forgets them with DELETE', async () => {
    await emulator.exchange('any');

    expect((await emulator.control('DELETE', '/requests')).json).toEqual({ deleted: 1 });
    expect(await requests()).toEqual([]);
  });
});

describe('/__emulator__/reset', () => {
  it('forgets users, requests and faults', async () => {
    await emulator.control('POST', '/users', { id: 'anna', unionid: false });
    await emulator.control('POST', '/faults', { path: '/sns/jscode2session', errcode: -1 });
    await emulator.exchange('any');
    const { status } = await emulator.control('POST', '/reset');
    const lists = await Promise.all(
      ['/users', '/requests', '/faults'].map((path) => emulator.control('GET', path)),
    );

    expect(status).toBe(200);
    expect(lists.map(({ json }) => json)).toEqual([{ items: [] }, { items: [] }, { items: [] }]);
  });

  it('forgets codes and access tokens', async () => {
    const code = await emulator.login();
    const phoneCode = emulator.phone.getPhoneNumber(appOne, 'anna').code;
    const { json } = await emulator.stableToken();
    await emulator.control('POST', '/reset');
    const check = await emulator.get('/wxa/checksession', { access_token: String(json['access_token']) });

    const phone = await emulator.postWithToken('/wxa/business/getuserphonenumber', { code: phoneCode });

    expect((await emulator.exchange(code)).json['errcode']).toBe(40029);
    expect(check.json['errcode']).toBe(40001);
    expect(phone.json['errcode']).toBe(40029);
  });

  it('resets clock and settings', async () => {
    await emulator.advance(3600);
    await emulator.control('POST', '/settings', { sessionKeyMinInterval: 600, contentWords: [] });
    await emulator.control('POST', '/reset');

    expect((await emulator.control('GET', '/clock')).json).toMatchObject({ items: [{ offsetSeconds: 0 }] });
    expect((await emulator.control('GET', '/settings')).json).toMatchObject({
      items: [{ sessionKeyMinInterval: 0, contentWords: [{ word: '违禁词' }, { word: '可疑词' }] }],
    });
  });

  it('keeps the apps, also those that a call added', async () => {
    const added = await emulator.control('POST', '/apps', { appid: 'wx00000000000000dd' });
    await emulator.control('POST', '/reset');

    expect((await emulator.control('GET', '/apps')).json['items']).toContainEqual(added.json);
  });
});

describe('a wrong control call', () => {
  it('to an unknown path: 404, with the known ones', async () => {
    const { status, json } = await emulator.control('GET', '/nonsense');

    expect(status).toBe(404);
    expect(json['error']).toMatch(
      /^no control call GET \/nonsense; under \/__emulator__ there are: GET \/apps, /,
    );
  });

  it('with the wrong method: 405, with the right ones', async () => {
    const { status, json } = await emulator.control('DELETE', '/apps');

    expect({ status, json }).toEqual({
      status: 405,
      json: { error: '/__emulator__/apps takes GET, POST, not DELETE' },
    });
  });

  it.each(['{', '[]', '"text"', 'null'])('has a body that is no JSON object: %s', async (body) => {
    const { status, json } = await emulator.control('POST', '/users', body);

    expect({ status, json }).toEqual({ status: 400, json: { error: 'the body must be a JSON object' } });
  });

  it('with a body that is too long: 413', async () => {
    const { status, json } = await emulator.control('POST', '/users', 'x'.repeat(1024 * 1024 + 1));

    expect({ status, json }).toEqual({ status: 413, json: { error: 'a body of more than 1048576 bytes' } });
  });
});
