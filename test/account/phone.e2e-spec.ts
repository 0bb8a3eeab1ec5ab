import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

describe('the phone number', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  const invalid = { status: 422, body: { code: 'phone_code_invalid' } };

  /** What the getPhoneNumber button gives. */
  async function button(user: string, appid: string = tea.appid): Promise<any> {
    const detail = await world.control('POST', '/wx/getPhoneNumber', { appid, user });
    world.keepSecret(detail.code);
    return detail;
  }

  const share = (login: Answer, body: object, where = node) =>
    where.as(login.body.accessToken, 'POST', '/me/phone', body);
  const setPhoneNumber = (id: string, phone: string, countryCode?: string | number) =>
    world.control('POST', '/users', { id, phone, countryCode });

  /**
   * Lets the nodes fetch new access_tokens: the emulator has forgotten those of before the test, and calls with them
   * would come twice.
   */
  async function renewAccessTokens(): Promise<void> {
    const { accessToken } = (await world.login(node, 'somebody')).body;
    for (const each of [node, other]) await each.as(accessToken, 'GET', '/me/session-key');
  }

  /** Codes that WeChat was asked about. */
  async function asked(path = '/wxa/business/getuserphonenumber'): Promise<any[]> {
    const { items } = await world.control('GET', '/requests');
    return items.filter((item: { path: string }) => item.path === path);
  }

  describe('by the code of the button', () => {
    it('is stored, encrypted, and found by an admin', async () => {
      await setPhoneNumber('anna', '13800138000');
      const login = await world.login(node, 'anna');
      const { code } = await button('anna');
      const answer = await share(login, { code });
      expect(answer).toMatchObject({
        status: 200,
        headers: { 'cache-control': 'no-store' },
        body: { id: login.body.user.id, phone: '+8613800138000', identities: [{ appid: tea.appid }] },
      });
      expect((await node.me(login.body.accessToken)).body.phone).toBe('+8613800138000');
      const admin = await world.createAdmin(node);
      const found = await node.as(admin.accessToken, 'POST', '/admin/users/search', { q: '13800138000' });
      expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([login.body.user.id]);
      const [row] = await world.database.query('SELECT phone_sealed FROM users WHERE id = $1', [
        login.body.user.id,
      ]);
      expect(JSON.stringify(row)).not.toContain('13800138000');
    });

    it.each<[string, string, string | number]>([
      ['+12025550123', '2025550123', '1'],
      ['+447400123456', '7400123456', 44],
      ['+85251234567', '51234567', '852'],
    ])('is %s from abroad, however WeChat writes the country', async (phone, pure, countryCode) => {
      await setPhoneNumber(`abroad-${pure}`, pure, countryCode);
      const login = await world.login(node, `abroad-${pure}`);
      const { code } = await button(`abroad-${pure}`);
      expect((await share(login, { code })).body.phone).toBe(phone);
    });

    it.each([
      ['that is too short', '1234', '86'],
      ['of a country that does not exist', '13800138000', '999'],
    ])('is refused %s, and the code is spent', async (_, pure, countryCode) => {
      await setPhoneNumber('ines', pure, countryCode);
      const login = await world.login(node, 'ines');
      const { code } = await button('ines');
      const answer = await share(login, { code });
      expect(answer).toMatchObject(invalid);
      expect(answer.headers).not.toHaveProperty('retry-after');
      expect(answer.body.detail).toMatch(/^WeChat gave a phone number that cannot exist/);
      expect(answer.body.detail).not.toMatch(/again|getPhoneNumber/);
      expect(await share(login, { code })).toMatchObject(invalid);
      expect((await node.me(login.body.accessToken)).body.phone).toBeNull();
      expect(node.output).toContain(`cannot exist, with the country code ${countryCode}`);
    });

    it('replaces an older one, and may be the same for two users', async () => {
      for (const name of ['bert', 'bert', 'bella']) {
        await setPhoneNumber(name, '13900139000');
        const login = await world.login(node, name);
        expect((await share(login, { code: (await button(name)).code })).body.phone).toBe('+8613900139000');
      }
    });

    it('is asked for once, however often and wherever the code comes', async () => {
      await renewAccessTokens();
      const login = await world.login(node, 'carl');
      const { code } = await button('carl');
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => share(login, { code }, [node, other][index % 2])),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body.code === 'phone_code_invalid')).toHaveLength(5);
      expect(await share(login, { code })).toMatchObject(invalid);
      expect(await asked()).toHaveLength(1);
    });

    it('is asked for once even if WeChat is busy, since nobody knows whether the code is spent', async () => {
      await renewAccessTokens();
      const login = await world.login(node, 'dora');
      await world.fault({ path: '/wxa/business/getuserphonenumber', errcode: -1, times: 1 });
      const { code } = await button('dora');
      expect(await share(login, { code })).toMatchObject({
        status: 503,
        body: { code: 'wechat_unavailable' },
      });
      expect(await share(login, { code })).toMatchObject(invalid);
      expect(await asked()).toHaveLength(1);
      expect((await share(login, { code: (await button('dora')).code })).status).toBe(200);
    });

    it('may come again if it never left', async () => {
      const login = await world.login(node, 'emil');
      const { code } = await button('emil');
      const narrow = await world.startNode({ WECHAT_BASE_URL: 'http://127.0.0.1:1' });
      expect(await share(login, { code }, narrow)).toMatchObject({ status: 503 });
      expect((await share(login, { code })).status).toBe(200);
    });

    it('may come again if no access_token was to be had for it', async () => {
      const login = await world.login(node, 'erna');
      const { code } = await button('erna');
      const overQuota = await world.startNode();
      await world.fault({ path: '/cgi-bin/stable_token', errcode: 45009, times: 1 });
      expect(await share(login, { code }, overQuota)).toMatchObject({
        status: 503,
        body: { code: 'wechat_unavailable' },
      });
      expect((await share(login, { code })).status).toBe(200);
    });

    it('is not stored for a user who is disabled while WeChat is asked', async () => {
      await renewAccessTokens();
      const login = await world.login(node, 'ernst');
      const { code } = await button('ernst');
      const letGo = await world.hold(`UPDATE users SET status = 'disabled' WHERE id = $1`, [
        login.body.user.id,
      ]);
      const answer = share(login, { code });
      await world.waitsForLock();
      await letGo('COMMIT');
      expect(await answer).toMatchObject({ status: 401, body: { code: 'session_revoked' } });
      const [row] = await world.database.query('SELECT phone_sealed FROM users WHERE id = $1', [
        login.body.user.id,
      ]);
      expect(row).toEqual({ phone_sealed: null });
    });

    it('is refused with a code of another user, of another mini-program, of wx.login, made up, or expired', async () => {
      const login = await world.login(node, 'fred');
      await world.login(node, 'gina');
      await world.login(node, 'fred', alone.appid);
      expect(await share(login, { code: (await button('gina')).code })).toMatchObject(invalid);
      expect(await share(login, { code: (await button('fred', alone.appid)).code })).toMatchObject(invalid);
      expect(await share(login, { code: await world.code('fred') })).toMatchObject(invalid);
      expect(await share(login, { code: 'made up' })).toMatchObject(invalid);
      const { code } = await button('fred');
      await world.control('POST', '/clock', { advanceSeconds: 301 });
      expect(await share(login, { code })).toMatchObject(invalid);
      expect((await node.me(login.body.accessToken)).body.phone).toBeNull();
    });

    it.each(['中文', 'a b', 'a\u0000', '\ud800'])(
      'is refused with a code that WeChat cannot have made, without asking it: %j',
      async (code) => {
        const login = await world.login(node, 'helga');
        expect(await share(login, { code })).toMatchObject(invalid);
        expect(await asked()).toEqual([]);
      },
    );

    it('is refused with a code of blanks, as malformed', async () => {
      const login = await world.login(node, 'hilde');
      expect(await share(login, { code: ' ' })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      });
    });

    it('comes although another server has replaced the access_token', async () => {
      const users = Array.from({ length: 10 }, (_, index) => `hans-${index}`);
      const logins = await Promise.all(users.map((name) => world.login(node, name)));
      expect((await share(logins[0]!, { code: (await button('hans-0')).code })).status).toBe(200);
      await world.control('POST', '/access-tokens/expire', { appid: tea.appid });
      const before = await asked('/cgi-bin/stable_token');
      const answers = await Promise.all(
        users.flatMap((name, index) =>
          [1, 2].map(async () => share(logins[index]!, { code: (await button(name)).code })),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect((await asked('/cgi-bin/stable_token')).length - before.length).toBe(1);
    });
  });

  describe('by encrypted data', () => {
    it('is stored once WeChat says that it has made it', async () => {
      await renewAccessTokens();
      await setPhoneNumber('ida', '13700137000');
      const login = await world.login(node, 'ida');
      const { encryptedData, iv } = await button('ida');
      expect((await share(login, { encryptedData, iv })).body.phone).toBe('+8613700137000');
      expect(await asked('/wxa/business/checkencryptedmsg')).toHaveLength(1);
    });

    it('is stored although white space has got into it on the way', async () => {
      const login = await world.login(node, 'ivo');
      const { encryptedData, iv } = await button('ivo');
      const wrapped = encryptedData.replaceAll(/.{76}/g, '$&\r\n');
      expect(await share(login, { encryptedData: `${wrapped}\n`, iv: `${iv}\n` })).toMatchObject({
        status: 200,
      });
    });

    it('is invalid if WeChat knows nothing of it', async () => {
      const login = await world.login(node, 'jane');
      const { encryptedData, iv } = await button('jane');
      await world.fault({ path: '/wxa/business/checkencryptedmsg', errcode: 1 });
      expect(await share(login, { encryptedData, iv })).toMatchObject({
        status: 422,
        body: { code: 'open_data_invalid' },
      });
      expect((await node.me(login.body.accessToken)).body.phone).toBeNull();
    });

    it('is refused if it is a number that cannot exist', async () => {
      await setPhoneNumber('irma', '1234', '86');
      const login = await world.login(node, 'irma');
      const { encryptedData, iv } = await button('irma');
      const answer = await share(login, { encryptedData, iv });
      expect(answer).toMatchObject(invalid);
      expect(answer.body.detail).toMatch(/^WeChat gave a phone number that cannot exist/);
    });

    it('is invalid if it is no phone number, and stale if it does not open', async () => {
      const login = await world.login(node, 'kate');
      const { encryptedData, iv } = await world.control('POST', '/wx/getUserInfo', {
        appid: tea.appid,
        user: 'kate',
      });
      expect((await share(login, { encryptedData, iv })).body.code).toBe('open_data_invalid');
      const theirs = await world.login(node, 'lena').then(() => button('lena'));
      expect((await share(login, { encryptedData: theirs.encryptedData, iv: theirs.iv })).body.code).toBe(
        'session_key_stale',
      );
    });
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['an empty code', { code: '' }],
    ['a code of 513 characters', { code: 'x'.repeat(513) }],
    ['a number', { code: 5 }],
    ['null', { code: null }],
    ['half of the encrypted pair', { encryptedData: 'AAAA' }],
    ['the other half', { iv: 'AAAA' }],
    ['a code and half of the pair', { code: 'x', encryptedData: 'AAAA' }],
  ])('is not changed by %s', async (_, body) => {
    const login = await world.login(node, 'mona');
    expect(await share(login, body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await asked()).toEqual([]);
  });

  describe('with the login', () => {
    const login = async (user: string, phoneCode: unknown, where = node, code?: string) =>
      where.login({ code: code ?? (await world.code(user)), appid: tea.appid, phoneCode });

    it('is stored in the same call', async () => {
      await setPhoneNumber('nora', '13600136000');
      await world.code('nora');
      const { code } = await button('nora');
      const answer = await login('nora', code);
      expect(answer).toMatchObject({
        status: 200,
        body: { isNewUser: true, user: { phone: '+8613600136000' } },
      });
      expect(answer.body).not.toHaveProperty('warnings');
      expect((await node.me(answer.body.accessToken)).body.phone).toBe('+8613600136000');
    });

    it('is a warning if WeChat refuses it, and the user is logged in', async () => {
      const answer = await login('olga', 'made up');
      expect(answer).toMatchObject({
        status: 200,
        body: { user: { phone: null }, warnings: [{ code: 'phone_code_invalid' }] },
      });
      expect((await node.me(answer.body.accessToken)).status).toBe(200);
    });

    it('is a warning if the number cannot exist', async () => {
      await setPhoneNumber('otis', '1234', '86');
      const { code } = await button('otis');
      expect((await login('otis', code)).body.warnings).toEqual([{ code: 'phone_code_invalid' }]);
    });

    it('is a warning if WeChat is away', async () => {
      await world.fault({ path: '/wxa/business/getuserphonenumber', errcode: -1, times: 1 });
      const { code } = await button('paul');
      expect((await login('paul', code)).body.warnings).toEqual([{ code: 'wechat_unavailable' }]);
    });

    it('is the same in a repeat, without a warning', async () => {
      await renewAccessTokens();
      await setPhoneNumber('quinn', '13500135000');
      await world.code('quinn');
      const [code, { code: phoneCode }] = [await world.code('quinn'), await button('quinn')];
      const answers = [
        ...(await Promise.all([
          login('quinn', phoneCode, node, code),
          login('quinn', phoneCode, node, code),
        ])),
        await login('quinn', phoneCode, other, code),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(200);
        expect(body.user.phone).toBe('+8613500135000');
        expect(body).not.toHaveProperty('warnings');
      }
      expect(await asked()).toHaveLength(1);
    });

    it('is the same warning in a repeat if the first was refused, whatever number there was before', async () => {
      await renewAccessTokens();
      const first = await world.login(node, 'rudi');
      await share(first, { code: (await button('rudi')).code });
      const [code, { code: phoneCode }] = [await world.code('rudi'), await button('rudi')];
      await world.fault({ path: '/wxa/business/getuserphonenumber', errcode: -1, times: 1 });
      expect((await login('rudi', phoneCode, node, code)).body.warnings).toEqual([
        { code: 'wechat_unavailable' },
      ]);
      expect((await login('rudi', phoneCode, other, code)).body.warnings).toEqual([
        { code: 'phone_code_invalid' },
      ]);
    });

    it('is waited for by a repeat on another node', async () => {
      await renewAccessTokens();
      await setPhoneNumber('sven', '13400134000');
      await world.code('sven');
      const [code, { code: phoneCode }] = [await world.code('sven'), await button('sven')];
      await world.fault({ path: '/wxa/business/getuserphonenumber', delayMs: 800 });
      const lost = login('sven', phoneCode, node, code);
      await expect.poll(() => asked()).toHaveLength(1);
      const again = await login('sven', phoneCode, other, code);
      expect(again.body.user.phone).toBe('+8613400134000');
      expect(again.body).not.toHaveProperty('warnings');
      expect((await lost).body.user.phone).toBe('+8613400134000');
    });

    it('is a warning if it is nothing that WeChat makes', async () => {
      const { status, body } = await login('rosa', '中文');
      expect({ status, warnings: body.warnings }).toEqual({
        status: 200,
        warnings: [{ code: 'phone_code_invalid' }],
      });
      expect(await asked()).toEqual([]);
    });

    it.each(['', ' ', 'x'.repeat(513), 5, null])(
      'is refused before anything is spent: %j',
      async (phoneCode) => {
        expect(await login('rosa', phoneCode)).toMatchObject({
          status: 400,
          body: { code: 'invalid_request' },
        });
        expect(await world.exchanges()).toEqual([]);
      },
    );
  });
});
