import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index}`);
}

describe('POST /auth/login', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  it('turns a code into a user and tokens', async () => {
    const { status, headers, body } = await world.login(node, 'anna');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 900,
      refreshToken: expect.stringMatching(/^[\w-]{114}$/),
      refreshExpiresIn: 2_592_000,
      user: {
        id: expect.stringMatching(uuidv7),
        nickname: null,
        avatarUrl: null,
        phone: null,
        roles: [],
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      isNewUser: true,
    });
  });

  it('signs an access token as RFC 9068 has it', async () => {
    const { body } = await world.login(node, 'anna');
    expect(decodeProtectedHeader(body.accessToken)).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.any(String),
    });
    const claims = decodeJwt(body.accessToken);
    expect(claims).toEqual({
      iss: 'https://login.example.com',
      sub: body.user.id,
      aud: 'weapp',
      iat: expect.any(Number),
      exp: claims.iat! + 900,
      auth_time: expect.any(Number),
      jti: expect.any(String),
      client_id: tea.appid,
      sid: expect.stringMatching(uuidv7),
      ver: 1,
      roles: [],
    });
  });

  it('finds the same user again, in a session of its own', async () => {
    const first = await world.login(node, 'bert');
    const second = await world.login(node, 'bert');
    expect(second.body).toMatchObject({ isNewUser: false, user: first.body.user });
    expect(decodeJwt(second.body.accessToken)['sid']).not.toBe(decodeJwt(first.body.accessToken)['sid']);
  });

  it('opens authenticated routes with the token it gave', async () => {
    const { body } = await world.login(node, 'anna');
    const me = await node.me(body.accessToken);
    expect(me.status).toBe(200);
    expect(me.body.id).toBe(body.user.id);
  });

  it('keeps the session with its address and client, and the refresh token only as a hash', async () => {
    const code = await world.code('carl');
    const { body } = await node.login(
      { code, appid: tea.appid },
      { headers: { 'user-agent': 'MicroMessenger/8.0' } },
    );
    const [session] = await world.database.query('SELECT * FROM sessions WHERE user_id = $1', [body.user.id]);
    expect(session).toMatchObject({
      client_id: tea.appid,
      generation: 0,
      ip: '127.0.0.1',
      user_agent: 'MicroMessenger/8.0',
      ended_at: null,
    });
    const { expires_at: expiresAt, created_at: createdAt } = session as Record<string, Date>;
    expect((expiresAt!.getTime() - createdAt!.getTime()) / 1000).toBe(2_592_000);
  });

  it('answers code_invalid to a code that WeChat does not know, and to one older than five minutes', async () => {
    expect(await node.login({ code: 'nonsense', appid: tea.appid })).toMatchObject({
      status: 401,
      body: { code: 'code_invalid' },
    });
    const code = await world.code('anna');
    await world.control('POST', '/clock', { advanceSeconds: 301 });
    expect((await node.login({ code, appid: tea.appid })).body.code).toBe('code_invalid');
  });

  it('lives for as long as SESSION_MAX_AGE allows if that is shorter than REFRESH_TOKEN_TTL', async () => {
    const shortLived = await world.startNode({ SESSION_MAX_AGE: '60', ACCESS_TOKEN_TTL: '5' });
    const { body } = await world.login(shortLived, 'anna');
    expect(body).toMatchObject({ expiresIn: 5, refreshExpiresIn: 60 });
  });

  it('works without named statements, as some connection poolers need it', async () => {
    const unnamed = await world.startNode({ DATABASE_NAMED_STATEMENTS: 'false' });
    expect((await world.login(unnamed, 'anna')).status).toBe(200);
  });

  describe('which mini-program', () => {
    it('is the one in the body', async () => {
      const { body } = await world.login(node, 'dora', alone.appid);
      expect(decodeJwt(body.accessToken)['client_id']).toBe(alone.appid);
    });

    it('is else the one in the Referer that wx.request sends', async () => {
      const referer = `https://servicewechat.com/${alone.appid}/12/page-frame.html`;
      const answer = await node.login(
        { code: await world.code('dora', alone.appid) },
        { headers: { referer } },
      );
      expect(answer.status).toBe(200);
    });

    it('is else the only one there is, also if appid is null', async () => {
      const single = await world.startNode({
        WECHAT_APPS: undefined,
        WECHAT_APPID: alone.appid,
        WECHAT_SECRET: alone.secret,
      });
      expect((await single.login({ code: await world.code('dora', alone.appid) })).status).toBe(200);
      expect((await single.login({ code: await world.code('dora', alone.appid), appid: null })).status).toBe(
        200,
      );
    });

    it.each([
      ['is not configured', { appid: 'wxffffffffffffffff' }, {}],
      ['is named by nothing', {}, {}],
      [
        'is named by a Referer of another site',
        {},
        { referer: `https://example.com/${tea.appid}/0/page-frame.html` },
      ],
      [
        'is named by a Referer but not configured',
        {},
        { referer: 'https://servicewechat.com/wxffffffffffffffff/0/x' },
      ],
    ])('answers unknown_app if it %s, and spends no code', async (_, fields, headers) => {
      const code = await world.code('dora');
      const answer = await node.login({ code, ...fields }, { headers });
      expect(answer).toMatchObject({ status: 400, body: { code: 'unknown_app' } });
      expect(await world.exchanges()).toEqual([]);
    });
  });

  describe('a malformed body', () => {
    it.each<[string, unknown]>([
      ['no body', undefined],
      ['an empty object', {}],
      ['an empty code', { code: '' }],
      ['a code of 10 KB', { code: 'a'.repeat(10_240) }],
      ['a number as code', { code: 5 }],
      ['an object as code', { code: { a: 1 } }],
      ['null as code', { code: null }],
      ['an empty appid', { code: 'a', appid: '' }],
      ['a number as appid', { code: 'a', appid: 1 }],
      ['an array', [{ code: 'a' }]],
      ['a string', '"code"'],
      ['null', 'null'],
      ['broken JSON', '{"code":'],
      ['a code nested a thousand levels deep', `{"code":${'['.repeat(1_000)}${']'.repeat(1_000)}}`],
      ['a poisoned prototype', '{"__proto__":{"code":"a"}}'],
    ])('is a 400 and asks WeChat nothing: %s', async (_, body) => {
      const answer = await node.post('/auth/login', body, {
        headers: body === undefined ? { 'content-type': 'application/json' } : {},
      });
      expect(answer).toMatchObject({
        status: 400,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
        body: { code: 'invalid_request', status: 400, requestId: answer.headers['x-request-id'] },
      });
      expect(await world.exchanges()).toEqual([]);
    });

    it('names the fields that are wrong', async () => {
      const { body } = await node.login({ code: 5, appid: '' });
      expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(
        expect.arrayContaining(['code', 'appid']),
      );
    });

    it('spends no good code that stands beside a malformed field', async () => {
      const code = await world.code('anna');
      expect((await node.login({ code, appid: 5 })).status).toBe(400);
      expect((await node.login({ code, appid: tea.appid })).status).toBe(200);
    });

    it.each([
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/xml',
    ])('of %s is a 415', async (type) => {
      const answer = await node.post('/auth/login', 'code=a', { headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    });

    it('of more than 100 KB is a 413', async () => {
      const answer = await node.login({ code: 'a', padding: 'x'.repeat(102_400) });
      expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    });

    it('may hold unknown fields, however deep and many they are', async () => {
      const deep = '['.repeat(8_000) + ']'.repeat(8_000);
      const body = `{"code":"${await world.code('anna')}","appid":"${tea.appid}","deep":${deep}}`;
      expect((await node.post('/auth/login', body)).status).toBe(200);
      expect(
        (await node.login({ code: await world.code('anna'), appid: tea.appid, extra: [1] })).status,
      ).toBe(200);
    });
  });

  it.each(['a&appid=wxffffffffffffffff', 'a"b\'c', 'a+b%20c', '<script>', '../?#', '~'.repeat(512)])(
    'sends the code %j to WeChat escaped',
    async (code) => {
      const answer = await node.login({ code, appid: tea.appid });
      expect(answer).toMatchObject({ status: 401, body: { code: 'code_invalid' } });
      const [exchange] = await world.exchanges();
      expect(exchange.query.appid).toBe(tea.appid);
    },
  );

  it('refuses a code that WeChat cannot have made without sending it, and counts that', async () => {
    const limited = await world.startNode({ RATE_LIMIT_LOGIN: '1' });
    const codes = ['中文😀', 'a b', ' a', 'a\n', 'a\u0000b', '\ud800', '\u007f', 'é'];
    for (const [index, code] of codes.entries()) {
      const from = `127.0.0.${index + 10}`;
      const answer = await limited.login({ code, appid: tea.appid }, { from });
      expect(answer, code).toMatchObject({ status: 401, body: { code: 'code_invalid' } });
      const next = await limited.login({ code: await world.code('anna'), appid: tea.appid }, { from });
      expect(next, code).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    }
    expect(await world.exchanges()).toEqual([]);
  });

  it.each([' ', '\t\n', '\u3000'])('takes a code of blanks for none: %j', async (code) => {
    expect(await node.login({ code, appid: tea.appid })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ field: 'code' }] },
    });
    expect(await world.exchanges()).toEqual([]);
  });

  describe('many at once', () => {
    it('makes one user of ten concurrent first logins of one person', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => world.login(node, 'erna')));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
      expect(answers.filter(({ body }) => body.isNewUser)).toHaveLength(1);
    });

    it('makes one user of concurrent first logins through two mini-programs of one Open Platform account', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          world.login(node, 'frida', index % 2 ? tea.appid : cake.appid),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
      expect(answers.filter(({ body }) => body.isNewUser)).toHaveLength(1);
    });

    it('gives a first login the user whom another one is making without the unionid', async () => {
      const { id } = (await world.login(node, 'nora')).body.user;
      const [identity] = await world.database.query<{ openid: string; unionid: string }>(
        'SELECT openid, unionid FROM identities WHERE user_id = $1',
        [id],
      );
      const { openid, unionid } = identity!;
      for (const table of ['sessions', 'identities', 'unionids']) {
        await world.database.query(`DELETE FROM ${table} WHERE user_id = $1`, [id]);
      }
      const other = 'bbbbbbbb-0000-7000-8000-000000000000';
      const letGo = await world.hold(
        `WITH other AS (INSERT INTO users (id) VALUES ($1) RETURNING id)
         INSERT INTO identities (id, appid, openid, user_id) SELECT gen_random_uuid(), $2, $3, id FROM other`,
        [other, tea.appid, openid],
      );
      const login = world.login(node, 'nora');
      await world.waitsForLock();
      await letGo('COMMIT');
      expect(await login).toMatchObject({ status: 200, body: { isNewUser: false, user: { id: other } } });
      const owners = await world.database.query('SELECT user_id FROM unionids WHERE unionid = $1', [unionid]);
      expect(owners).toEqual([{ user_id: other }]);
    });

    it.each([
      { end: 'COMMIT', what: 'finds the user whom another first login is making', isNewUser: false },
      { end: 'ROLLBACK', what: 'makes the user if another first login fails to', isNewUser: true },
    ] as const)('$what', async ({ end, isNewUser }) => {
      const person = `otto ${end}`;
      const { id } = (await world.login(node, person)).body.user;
      const [identity] = await world.database.query<{ openid: string; unionid: string }>(
        'SELECT openid, unionid FROM identities WHERE user_id = $1',
        [id],
      );
      const { openid, unionid } = identity!;
      for (const table of ['sessions', 'identities', 'unionids']) {
        await world.database.query(`DELETE FROM ${table} WHERE user_id = $1`, [id]);
      }
      const other =
        end === 'COMMIT' ? 'bbbbbbbb-0000-7000-8000-000000000001' : 'bbbbbbbb-0000-7000-8000-000000000002';
      const letGo = await world.hold(
        `WITH other AS (INSERT INTO users (id) VALUES ($1) RETURNING id),
           owned AS (INSERT INTO unionids (unionid, user_id) SELECT $4, id FROM other)
         INSERT INTO identities (id, appid, openid, unionid, user_id)
         SELECT gen_random_uuid(), $2, $3, $4, id FROM other`,
        [other, tea.appid, openid, unionid],
      );
      const login = world.login(node, person);
      await world.waitsForLock();
      await letGo(end);
      const { status, body } = await login;
      expect({ status, isNewUser: body.isNewUser, isOther: body.user.id === other }).toEqual({
        status: 200,
        isNewUser,
        isOther: !isNewUser,
      });
      expect(
        await world.database.query('SELECT user_id FROM unionids WHERE unionid = $1', [unionid]),
      ).toEqual([{ user_id: body.user.id }]);
    });

    it('logs in 200 users at once', async () => {
      const answers = await world.loginAtOnce(node, numbered('user', 200));
      expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(200));
      expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(200);
    });
  });

  describe('one person, several mini-programs', () => {
    it('is one user if the unionid says so', async () => {
      const first = await world.login(node, 'gerda', tea.appid);
      const second = await world.login(node, 'gerda', cake.appid);
      expect(second.body).toMatchObject({ isNewUser: false, user: { id: first.body.user.id } });
    });

    it('is two users if no unionid says otherwise', async () => {
      const first = await world.login(node, 'hanna', tea.appid);
      const second = await world.login(node, 'hanna', alone.appid);
      expect(second.body.isNewUser).toBe(true);
      expect(second.body.user.id).not.toBe(first.body.user.id);
    });
  });

  it('keeps the three newest different session keys, the newest first', async () => {
    const keysOf = async () => {
      const [identity] = await world.database.query<{ session_keys: { fingerprint: string }[] }>(
        `SELECT session_keys FROM identities JOIN users ON users.id = user_id
         WHERE users.id = $1`,
        [id],
      );
      return identity!.session_keys.map(({ fingerprint }) => fingerprint);
    };
    const id = (await world.login(node, 'ida')).body.user.id;
    const [one] = await keysOf();
    await world.login(node, 'ida');
    const [two] = await keysOf();
    expect(await keysOf()).toEqual([two, one]);

    await world.control('POST', '/settings', { sessionKeyMinInterval: 600 });
    await world.login(node, 'ida');
    expect(await keysOf(), 'the same key again is no other key').toEqual([two, one]);

    await world.control('POST', '/settings', { sessionKeyMinInterval: 0 });
    await world.login(node, 'ida');
    await world.login(node, 'ida');
    const [four, three, ...rest] = await keysOf();
    expect(rest).toEqual([two]);
    expect(new Set([one, two, three, four]).size).toBe(4);
  });

  it('tells a disabled user why and until when, and opens no session', async () => {
    const { body } = await world.login(node, 'jane');
    await world.database.query(
      `UPDATE users SET status = 'disabled', disabled_reason = 'spam', disabled_until = '2099-01-01' WHERE id = $1`,
      [body.user.id],
    );
    const sessions = await world.database.count('sessions');
    const answer = await world.login(node, 'jane');
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'account_disabled', reason: 'spam', until: '2099-01-01T00:00:00.000Z' },
    });
    expect((await world.login(node, 'jane', cake.appid)).status, 'through another door').toBe(403);
    expect(await world.database.count('sessions')).toBe(sessions);
  });

  it('opens no session for a user whose disabling commits while the login waits', async () => {
    const { body } = await world.login(node, 'lena');
    const disabling = new Client({ connectionString: world.database.url });
    await disabling.connect();
    await disabling.query('BEGIN');
    await disabling.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [body.user.id]);
    const login = world.login(node, 'lena');
    await expect
      .poll(() =>
        world.database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      )
      .toHaveLength(1);
    await disabling.query('COMMIT');
    await disabling.end();
    expect((await login).status).toBe(403);
    expect(await world.database.count(`sessions WHERE user_id = '${body.user.id}'`)).toBe(1);
  });

  it('moves last_login_at at most once an hour', async () => {
    const { body } = await world.login(node, 'kate');
    const lastLogin = async () => {
      const [user] = await world.database.query<{ last_login_at: Date }>(
        'SELECT last_login_at FROM users WHERE id = $1',
        [body.user.id],
      );
      return user!.last_login_at.getTime();
    };
    const first = await lastLogin();
    await world.login(node, 'kate');
    expect(await lastLogin()).toBe(first);
    await world.database.query(
      `UPDATE users SET last_login_at = now() - interval '61 minutes' WHERE id = $1`,
      [body.user.id],
    );
    await world.login(node, 'kate');
    expect(await lastLogin()).toBeGreaterThan(first - 1);
  });

  it('writes no row for garbage, however much of it comes, and lets honest logins through meanwhile', async () => {
    const counts = async () =>
      Promise.all(
        ['users', 'identities', 'sessions', 'login_codes'].map((table) => world.database.count(table)),
      );
    const before = await counts();
    const garbage = Array.from({ length: 120 }, (_, index) =>
      node.login({ code: `garbage-${index}`, appid: tea.appid }, { from: '127.0.0.2' }),
    );
    const honest = world.loginAtOnce(node, numbered('honest', 20));
    for (const { status } of await Promise.all(garbage)) expect([401, 429]).toContain(status);
    for (const { status } of await honest) expect(status).toBe(200);
    expect(await counts()).toEqual([before[0]! + 20, before[1]! + 20, before[2]! + 20, before[3]! + 20]);
  });
});
