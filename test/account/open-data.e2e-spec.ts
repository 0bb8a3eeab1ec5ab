import { createCipheriv, randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('open data: encrypted data', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([world.startNode(), world.startNode()]);
  });

  /** What a call or a button on the phone of a user returns. */
  const phone = (name: string, user: string, appid: string = tea.appid) =>
    world.control('POST', `/wx/${name}`, { appid, user });
  const open = (login: Answer, body: object, where = node) =>
    where.as(login.body.accessToken, 'POST', '/me/open-data', body);
  const stale = { status: 422, body: { code: 'session_key_stale' } };
  const invalid = { status: 422, body: { code: 'open_data_invalid' } };

  it('opens, without what names the user to WeChat', async () => {
    const login = await world.login(node, 'anna');
    const { encryptedData, iv, rawData, signature } = await phone('getUserInfo', 'anna');
    const { status, headers, body } = await open(login, { encryptedData, iv, rawData, signature });
    expect({ status, cache: headers['cache-control'] }).toEqual({ status: 200, cache: 'no-store' });
    expect(body.data).toMatchObject({
      nickName: expect.any(String),
      watermark: { appid: tea.appid, timestamp: expect.any(Number) },
    });
    expect(Object.keys(body.data)).not.toContain('openId');
    expect(Object.keys(body.data)).not.toContain('unionId');
  });

  it('opens steps of the day, too', async () => {
    const login = await world.login(node, 'anna');
    const { body } = await open(login, await phone('getWeRunData', 'anna'));
    expect(body.data.stepInfoList.length).toBeGreaterThan(0);
  });

  it('opens although a login on another device has changed the key meanwhile', async () => {
    const login = await world.login(node, 'bert');
    const data = await phone('getUserInfo', 'bert');
    await world.login(other, 'bert');
    expect((await open(login, data)).status).toBe(200);
    await world.login(node, 'bert');
    expect((await open(login, data, other)).status, 'two changes later').toBe(200);
    await world.login(node, 'bert');
    expect(await open(login, data), 'three changes later').toMatchObject(stale);
  });

  it('loses no key to logins that WeChat answers with the same one', async () => {
    await world.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    const login = await world.login(node, 'carl');
    const data = await phone('getUserInfo', 'carl');
    for (let round = 0; round < 3; round += 1) await world.login(node, 'carl');
    expect((await open(login, data)).status).toBe(200);
  });

  it('opens by the keys of the mini-program through which the session came alone', async () => {
    const login = await world.login(node, 'dora');
    await world.login(node, 'dora', cake.appid);
    expect(await open(login, await phone('getUserInfo', 'dora', cake.appid))).toMatchObject(stale);
  });

  it('of another user, or of another mini-program, does not open', async () => {
    const login = await world.login(node, 'emil');
    await world.login(node, 'fred');
    await world.login(node, 'emil', alone.appid);
    expect(await open(login, await phone('getUserInfo', 'fred'))).toMatchObject(stale);
    expect(await open(login, await phone('getUserInfo', 'emil', alone.appid))).toMatchObject(stale);
  });

  it('opens although another of the kept keys was encrypted with what nobody has any more', async () => {
    await world.login(node, 'frida');
    const login = await world.login(node, 'frida');
    await world.database.query(
      `UPDATE identities SET session_keys = jsonb_set(session_keys, '{1,sealed}', '"AQAAAAAAAAAA"')
       WHERE user_id = $1`,
      [login.body.user.id],
    );
    expect((await open(login, await phone('getUserInfo', 'frida'))).status).toBe(200);
  });

  it('is stale once the key changed behind the service’s back, and opens after a login and a new fetch', async () => {
    const login = await world.login(node, 'gina');
    await world.control('POST', '/session-keys/rotate', { appid: tea.appid, user: 'gina' });
    expect(await open(login, await phone('getUserInfo', 'gina'))).toMatchObject(stale);
    const again = await world.login(node, 'gina');
    expect((await open(again, await phone('getUserInfo', 'gina'))).status).toBe(200);
  });

  it('is invalid if it is older than OPEN_DATA_MAX_AGE, whatever its key', async () => {
    const strict = await world.startNode({ OPEN_DATA_MAX_AGE: '1' });
    const forgiving = await world.startNode({ OPEN_DATA_MAX_AGE: '0' });
    const login = await world.login(strict, 'hans');
    const data = await phone('getUserInfo', 'hans');
    await expect.poll(() => open(login, data, strict), { interval: 200 }).toMatchObject(invalid);
    expect((await open(login, data, forgiving)).status).toBe(200);
  });

  it('is invalid with a signature that is not that of rawData', async () => {
    const login = await world.login(node, 'ida');
    const { encryptedData, iv, rawData, signature } = await phone('getUserInfo', 'ida');
    const changed = rawData.replace('"', ' "');
    for (const wrong of [
      { rawData: changed, signature },
      { rawData, signature: signature.replace(/^./, (first: string) => (first === 'a' ? 'b' : 'a')) },
      { rawData },
      { signature },
    ]) {
      expect(await open(login, { encryptedData, iv, ...wrong })).toMatchObject(invalid);
    }
  });

  describe('that is damaged', () => {
    let login: Answer;
    let data: { encryptedData: string; iv: string };
    let round = 0;
    // Another user each time, because a user may send data thirty times a minute.
    beforeEach(async () => {
      round += 1;
      login = await world.login(node, `jane-${round}`);
      data = await phone('getUserInfo', `jane-${round}`);
    });

    it.each<[string, (data: { encryptedData: string; iv: string }) => object, number, string]>([
      ['without data', ({ iv }) => ({ iv }), 400, 'invalid_request'],
      ['without an iv', ({ encryptedData }) => ({ encryptedData }), 400, 'invalid_request'],
      ['with empty data', ({ iv }) => ({ iv, encryptedData: '' }), 400, 'invalid_request'],
      ['with a number as data', ({ iv }) => ({ iv, encryptedData: 5 }), 400, 'invalid_request'],
      ['with an empty rawData', (good) => ({ ...good, rawData: '', signature: 'x' }), 400, 'invalid_request'],
      ['with null as rawData', (good) => ({ ...good, rawData: null }), 400, 'invalid_request'],
      ['of 1 MB', ({ iv }) => ({ iv, encryptedData: 'A'.repeat(1_048_576) }), 413, 'payload_too_large'],
      [
        'cut',
        ({ iv, encryptedData }) => ({ iv, encryptedData: encryptedData.slice(0, -4) }),
        422,
        'open_data_invalid',
      ],
      ['that is no base64', ({ iv }) => ({ iv, encryptedData: '%%%%' }), 422, 'open_data_invalid'],
    ])('is refused: %s', async (_, change, status, code) => {
      expect(await open(login, change(data))).toMatchObject({ status, body: { code } });
    });

    it.each([...Array(33).keys(), 1_000].filter((length) => length !== 16))(
      'is invalid with an iv of %i bytes',
      async (length) => {
        const iv = Buffer.alloc(length, 1).toString('base64');
        const answer = await open(login, { ...data, iv });
        expect(answer.body.code).toBe(length === 0 ? 'invalid_request' : 'open_data_invalid');
      },
    );
  });

  it('answers nothing but the two codes to a bit flipped in any block, ten times a minute', async () => {
    const login = await world.login(node, 'kate');
    const { encryptedData, iv } = await phone('getUserInfo', 'kate');
    const bytes = Buffer.from(encryptedData, 'base64');
    const codes = new Set<string>();
    for (let block = 1; block < bytes.length / 16 && block <= 9; block += 1) {
      const flipped = Buffer.from(bytes);
      flipped[block * 16 + 5]! ^= 1;
      codes.add((await open(login, { encryptedData: flipped.toString('base64'), iv })).body.code ?? 'opened');
    }
    for (const code of codes) expect(['session_key_stale', 'open_data_invalid', 'opened']).toContain(code);
  });

  it('is refused for a minute after ten failures of one user, also if they come at once', async () => {
    const [login, bystander] = [await world.login(node, 'lena'), await world.login(node, 'mona')];
    const good = await phone('getUserInfo', 'lena');
    expect((await open(login, good)).status).toBe(200);
    const forged = () => {
      const cipher = createCipheriv('aes-128-cbc', randomBytes(16), randomBytes(16));
      const encryptedData = Buffer.concat([cipher.update('{"a":1}'), cipher.final()]).toString('base64');
      return { encryptedData, iv: randomBytes(16).toString('base64') };
    };
    const answers = await Promise.all(Array.from({ length: 30 }, () => open(login, forged())));
    expect(answers.filter(({ body }) => body.code === 'session_key_stale')).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === 'rate_limited')).toHaveLength(20);
    const limited = await open(login, good);
    expect(limited).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect((await open(bystander, await phone('getUserInfo', 'mona'))).status).toBe(200);
  });

  it('is refused in time while the database is silent, however much of it one user has sent', async () => {
    const login = await world.login(node, 'nele');
    const data = await phone('getUserInfo', 'nele');
    const letGo = await world.hold('LOCK TABLE identities');
    try {
      const began = performance.now();
      const waits = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const { body } = await open(login, data);
          return { code: body.code, isLate: performance.now() - began > 20_000 };
        }),
      );
      // One statement is given up after five seconds; one after the other they would take thirty.
      for (const wait of waits) expect(wait).toEqual({ code: 'database_unavailable', isLate: false });
    } finally {
      await letGo();
    }
    expect((await open(login, data)).status).toBe(200);
  });

  it('of nobody: a token of admin:token has no keys', async () => {
    const { body } = await world.login(node, 'nora');
    await world.database.query(`UPDATE sessions SET client_id = 'operator' WHERE user_id = $1`, [
      body.user.id,
    ]);
    const refreshed = await node.refresh(body.refreshToken);
    expect(await open(refreshed, await phone('getUserInfo', 'nora'))).toMatchObject(stale);
    expect((await node.as(refreshed.body.accessToken, 'GET', '/me/session-key')).body).toEqual({
      valid: false,
    });
  });

  describe('GET /me/session-key', () => {
    const check = (login: Answer) => node.as(login.body.accessToken, 'GET', '/me/session-key');

    it('tells whether WeChat still takes the key of the last login', async () => {
      const login = await world.login(node, 'olga');
      expect(await check(login)).toMatchObject({ status: 200, body: { valid: true } });
      await world.control('POST', '/session-keys/rotate', { appid: tea.appid, user: 'olga' });
      expect(await check(login)).toMatchObject({ status: 200, body: { valid: false } });
      expect(await check(await world.login(node, 'olga'))).toMatchObject({ body: { valid: true } });
    });

    it('answers 503 while WeChat is away', async () => {
      const login = await world.login(node, 'olga');
      await world.fault({ path: '/wxa/checksession', errcode: -1, times: 10 });
      expect(await check(login)).toMatchObject({ status: 503, body: { code: 'wechat_unavailable' } });
    });
  });
});
