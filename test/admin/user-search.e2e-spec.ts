import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { PhoneCipher } from '../../src/users/profile/phone-cipher.js';
import { userSorts } from '../../src/users/search/user-search.statements.js';
import { TestDatabase } from '../harness/database.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

describe('user search', () => {
  const world = useWorld();
  let node: ServiceNode;
  let token: string;

  beforeAll(async () => {
    node = await world.startNode({ LOG_LEVEL: 'trace' });
    token = await adminToken(node, 'the-admin');
  });

  /** The token of a user who has just been made an admin. */
  async function adminToken(on: ServiceNode, user: string): Promise<string> {
    const { body } = await world.login(on, user, alone.appid);
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [body.user.id]);
    return (await world.login(on, user, alone.appid)).body.accessToken;
  }

  const bearer = (accessToken = token) => ({ headers: { authorization: `Bearer ${accessToken}` } });
  const search = (body: unknown): Promise<Answer> => node.post('/admin/users/search', body, bearer());
  const detail = (id: string): Promise<Answer> => node.get(`/admin/users/${id}`, bearer());

  async function ids(body: object): Promise<string[]> {
    const answer = await search(body);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.items.map(({ id }: { id: string }) => id);
  }

  /** All pages of a search. */
  async function allIds(body: object, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: Answer = await search({ ...body, cursor });
      expect(answer.status, answer.text).toBe(200);
      found.push(...answer.body.items.map(({ id }: { id: string }) => id));
      cursor = answer.body.nextCursor;
      await between();
    } while (cursor !== null);
    return found;
  }

  interface UserFields {
    nickname?: string;
    status?: string;
    phone?: string;
    externalId?: string;
    createdAt?: string;
    lastLoginAt?: string;
    mergedInto?: string;
    appids?: string[];
  }

  /** Inserts a user into the table, as an import does. */
  async function add({ appids = [], phone, ...fields }: UserFields): Promise<string> {
    const id = uuidv7();
    const phones = new PhoneCipher(new KeyRing([world.encryptionKey]));
    const { phoneSealed, phoneIndex } =
      phone === undefined ? { phoneSealed: null, phoneIndex: null } : phones.encrypt(id, phone);
    await world.database.query(
      `INSERT INTO users
         (id, nickname, status, phone_sealed, phone_index, external_id, created_at, last_login_at, merged_into)
       VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, now()), $8, $9)`,
      [
        id,
        fields.nickname,
        fields.status ?? 'active',
        phoneSealed,
        phoneIndex,
        fields.externalId,
        fields.createdAt,
        fields.lastLoginAt,
        fields.mergedInto,
      ],
    );
    for (const appid of appids) {
      await world.database.query(
        `INSERT INTO identities (id, appid, openid, user_id, unionid) VALUES ($1, $2, $3, $4, $5)`,
        [uuidv7(), appid, `openid-${appid}-${id}`, id, `unionid-${id}`],
      );
    }
    if (appids.length > 0) {
      await world.database.query(`INSERT INTO unionids VALUES ($1, $2)`, [`unionid-${id}`, id]);
    }
    return id;
  }

  describe('an item', () => {
    it('has all that is known of an imported user', async () => {
      const into = await add({});
      const id = await add({
        nickname: '赵敏敏',
        status: 'merged',
        phone: '+8613800138000',
        externalId: 'crm-1',
        createdAt: '2024-02-29T08:00:00.123Z',
        lastLoginAt: '2025-01-01T00:00:00.456Z',
        mergedInto: into,
        appids: [cake.appid, tea.appid],
      });
      expect((await search({ q: id })).body).toEqual({
        items: [
          {
            id,
            nickname: '赵敏敏',
            avatarUrl: null,
            phone: '+8613800138000',
            status: 'merged',
            roles: [],
            appids: [tea.appid, cake.appid],
            externalId: 'crm-1',
            createdAt: '2024-02-29T08:00:00.123Z',
            lastLoginAt: '2025-01-01T00:00:00.456Z',
            mergedInto: into,
            mergePendingWith: null,
          },
        ],
        nextCursor: null,
        estimatedTotal: 1,
      });
    });

    it('has null for what is not known, and is not to be cached', async () => {
      const id = await add({});
      const answer = await search({ q: id });
      expect(answer.body.items[0]).toMatchObject({
        nickname: null,
        phone: null,
        appids: [],
        externalId: null,
        lastLoginAt: null,
        mergedInto: null,
        mergePendingWith: null,
      });
      expect(answer.headers['cache-control']).toBe('no-store');
    });
  });

  describe('q', () => {
    let id: string;
    beforeAll(async () => {
      id = await add({
        nickname: 'Ünïcode 李雷的店 100%_\\',
        phone: '+8613912345678',
        externalId: 'Kunde 7',
        appids: [tea.appid, cake.appid],
      });
      await add({
        nickname: '李雷的店',
        phone: '+8613912345679',
        externalId: 'Kunde 77',
        appids: [tea.appid],
      });
      await add({ nickname: 'Ünïcode 韩梅梅 100 percent', externalId: 'kunde 7' });
      // What the number of Hong Kong would be with the country code of China before it.
      await add({ phone: '+8685251234567' });
    });

    it.each([
      ['the id', () => id],
      ['the id in capitals', () => id.toUpperCase()],
      ['an openid', () => `openid-${tea.appid}-${id}`],
      ['an openid in another app', () => `openid-${cake.appid}-${id}`],
      ['the unionid', () => `unionid-${id}`],
      ['the phone', () => '+8613912345678'],
      ['the phone as users write it', () => '139 1234 5678'],
      ['the phone with its country code', () => '+86 139-1234-5678'],
      ['the external id', () => 'Kunde 7'],
      ['white space around it', () => ` ${id}\n`],
    ])('finds one user by %s', async (_, q) => {
      expect(await ids({ q: q() })).toEqual([id]);
    });

    it.each([
      ['a part of the id', () => id.slice(0, 20)],
      ['a part of the openid', () => `openid-${tea.appid}`],
      ['the phone of another country without its plus', () => '85251234567'],
      ['a part of the phone', () => '1391234567'],
      ['a part of the external id', () => 'Kunde'],
      ['what nobody has', () => 'nobody-has-this'],
    ])('finds nobody by %s', async (_, q) => {
      expect(await ids({ q: q() })).toEqual([]);
    });

    it('finds the one whose phone it is, and nobody who took it for a nickname', async () => {
      const owner = await add({ phone: '+8613912345670' });
      const namesake = await add({ nickname: '+8613912345670' });
      expect(await ids({ q: '+8613912345670' })).toEqual([owner]);
      expect(await ids({ q: '+861391234567' })).toContain(namesake);
    });

    it('finds the one whose external id it is, and those who have it as a nickname', async () => {
      const one = await add({ externalId: 'anna-7' });
      const other = await add({ nickname: 'anna-7' });
      expect((await ids({ q: 'anna-7' })).toSorted()).toEqual([one, other].toSorted());
    });

    it('finds nobody by the id of a user whom the filter leaves out', async () => {
      expect(await ids({ q: id, status: 'disabled' })).toEqual([]);
    });

    it('finds an appid that is configured no more', async () => {
      const former = await add({ appids: ['wx00000000000000ff'] });
      expect(await ids({ q: `openid-wx00000000000000ff-${former}` })).toEqual([former]);
      expect(await ids({ appid: 'wx00000000000000ff' })).toEqual([former]);
    });

    it.each([
      ['one character of its beginning', 'Ü', 2],
      ['its beginning in another case', 'üNÏ', 2],
      ['two characters that are not its beginning', '李雷', 1],
      ['three Chinese characters anywhere', '李雷的', 2],
      ['four characters anywhere, in another case', 'CODE', 2],
      ['a percent sign', '100%', 1],
      ['a percent sign as wildcard', 'Ü%店', 0],
      ['underscores as wildcards', '______', 0],
      ['an underscore', '%_\\', 1],
      ['a backslash', '_\\', 0],
      ['a quote', `'; DROP TABLE users; --`, 0],
    ])('finds nicknames by %s', async (_, q, count) => {
      expect(await ids({ q })).toHaveLength(count);
    });

    it('finds emoji, which have no trigrams, by their beginning and anywhere', async () => {
      const one = await add({ nickname: '🍵🍰🍵🍰 tea' });
      const other = await add({ nickname: 'my 🍰🍵🍰' });
      expect(await ids({ q: '🍵' })).toEqual([one]);
      expect(await ids({ q: '🍰🍵🍰' })).toEqual([other, one]);
    });

    it('goes together with every filter and every sort', async () => {
      for (const sort of userSorts) {
        expect(await ids({ q: 'ünï', hasPhone: true, appid: tea.appid, sort })).toEqual([id]);
        expect(await ids({ q: 'Kunde 7', hasPhone: false, sort })).toEqual([]);
        expect(await ids({ q: 'ünï', status: 'disabled', sort })).toEqual([]);
      }
    });
  });

  describe('filters and sorts', () => {
    const prefix = 'list-';
    const made: { id: string; fields: UserFields }[] = [];
    beforeAll(async () => {
      const statuses = ['active', 'disabled', 'deleting', 'merged'];
      for (let i = 0; i < 24; i += 1) {
        const fields = {
          nickname: `${prefix}${i}`,
          status: statuses[i % 4]!,
          phone: i % 3 === 0 ? `+86138000000${10 + i}` : undefined,
          // Three at each time, so that the id has to decide.
          createdAt: `2020-01-${10 + Math.floor(i / 3)}T00:00:00.000Z`,
          lastLoginAt: i % 5 === 0 ? undefined : `2021-01-${10 + (i % 7)}T00:00:00.000Z`,
          appids: i % 2 === 0 ? [tea.appid] : [tea.appid, cake.appid],
        };
        made.push({ id: await add(fields), fields });
      }
    });

    const orders = {
      '-createdAt': ({ createdAt }: UserFields) => [-1, createdAt!] as const,
      createdAt: ({ createdAt }: UserFields) => [1, createdAt!] as const,
      '-lastLoginAt': ({ lastLoginAt }: UserFields) => [-1, lastLoginAt ?? ''] as const,
    };

    function expected(sort: keyof typeof orders, fits: (fields: UserFields) => boolean): string[] {
      return made
        .filter(({ fields }) => fits(fields))
        .map(({ id, fields }) => ({ id, order: orders[sort](fields) }))
        .toSorted((a, b) => a.order[0] * (compare(a.order[1], b.order[1]) || compare(a.id, b.id)))
        .map(({ id }) => id);
    }

    const filters: [name: string, filter: object, fits: (fields: UserFields) => boolean][] = [
      ['active', { status: 'active' }, ({ status }) => status === 'active'],
      ['disabled', { status: 'disabled' }, ({ status }) => status === 'disabled'],
      ['deleting', { status: 'deleting' }, ({ status }) => status === 'deleting'],
      ['merged', { status: 'merged' }, ({ status }) => status === 'merged'],
      ['with a phone', { hasPhone: true }, ({ phone }) => phone !== undefined],
      ['without a phone', { hasPhone: false }, ({ phone }) => phone === undefined],
      ['in a mini-program', { appid: cake.appid }, ({ appids }) => appids!.includes(cake.appid)],
      [
        'made from a moment on, itself included',
        { createdFrom: '2020-01-12T08:00:00+08:00' },
        ({ createdAt }) => createdAt! >= '2020-01-12',
      ],
      [
        'made before a moment, itself excluded',
        { createdTo: '2020-01-12T00:00:00.000Z' },
        ({ createdAt }) => createdAt! < '2020-01-12',
      ],
      [
        'of all these kinds',
        {
          status: 'active',
          hasPhone: true,
          appid: tea.appid,
          createdFrom: '2020-01-11T00:00Z',
          createdTo: '2020-01-18T00:00:00Z',
        },
        ({ status, phone, createdAt }) =>
          status === 'active' &&
          phone !== undefined &&
          createdAt! >= '2020-01-11' &&
          createdAt! < '2020-01-18',
      ],
    ];

    describe.each(filters)('those %s', (_, filter, fits) => {
      it.each(userSorts)('by %s, among those of a nickname, page by page', async (sort) => {
        const wanted = expected(sort, fits);
        expect(wanted.length).toBeGreaterThan(0);
        expect(await allIds({ ...filter, q: prefix, sort, limit: 2 })).toEqual(wanted);
      });

      it.each(userSorts)('by %s, among all, page by page', async (sort) => {
        const mine = new Set(made.map(({ id }) => id));
        const found = await allIds({ ...filter, sort, limit: 3 });
        expect(found.filter((id) => mine.has(id))).toEqual(expected(sort, fits));
        expect(new Set(found).size).toBe(found.length);
      });
    });

    it('lists the newest first, 50 on a page, if nothing else is said', async () => {
      await world.database.query(
        `INSERT INTO users (id) SELECT gen_random_uuid() FROM generate_series(1, 50)`,
      );
      const all = await ids({});
      expect(all).toEqual((await allIds({ sort: '-createdAt', limit: 7 })).slice(0, 50));
      expect(all).toHaveLength(50);
    });

    it('takes null for absent, so that the last nextCursor can be sent as it came', async () => {
      const absent = {
        q: null,
        status: null,
        appid: null,
        hasPhone: null,
        createdFrom: null,
        createdTo: null,
      };
      expect(await ids({ ...absent, cursor: null })).toEqual(await ids({}));
    });

    it('estimates the total, and knows it if one page has it all', async () => {
      expect((await search({ q: prefix, limit: 200 })).body.estimatedTotal).toBe(24);
      expect((await search({ q: prefix, limit: 5 })).body.estimatedTotal).toBeGreaterThanOrEqual(6);
    });
  });

  it.each(userSorts)('finds more of one nickname than can be gathered, by %s, page by page', async (sort) => {
    await world.database.query(
      `INSERT INTO users (id, nickname, created_at)
       SELECT gen_random_uuid(), 'crowd ' || i, now() - i % 100 * interval '1 hour' FROM generate_series(1, 10100) AS i`,
    );
    const order = {
      '-createdAt': 'created_at DESC, id DESC',
      createdAt: 'created_at, id',
      '-lastLoginAt': 'id DESC',
    };
    const rows = await world.database.query<{ id: string }>(
      `SELECT id FROM users WHERE nickname LIKE 'crowd%' ORDER BY ${order[sort]} LIMIT 600`,
    );
    const found: string[] = [];
    let cursor: string | null = null;
    while (found.length < 600) {
      const { body }: Answer = await search({ q: 'CROWD', sort, limit: 200, cursor });
      found.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    }
    await world.database.query(`DELETE FROM users WHERE nickname LIKE 'crowd%'`);
    expect(found).toEqual(rows.map(({ id }) => id));
  });

  describe('a cursor', () => {
    it('goes on with another limit', async () => {
      const { body } = await search({ limit: 2 });
      expect(await ids({ limit: 5, cursor: body.nextCursor })).toEqual((await ids({ limit: 7 })).slice(2));
    });

    it.each<[string, object]>([
      ['another sort', { sort: 'createdAt' }],
      ['another q', { q: 'list-' }],
      ['another filter', { hasPhone: false }],
    ])('is refused with %s', async (_, change) => {
      const { body } = await search({ limit: 2 });
      expect(await search({ limit: 2, ...change, cursor: body.nextCursor })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ field: 'cursor' }] },
      });
    });

    it('is refused when it was made up or changed', async () => {
      const { body } = await search({ limit: 2 });
      const [place, id, mac] = JSON.parse(Buffer.from(body.nextCursor, 'base64url').toString());
      for (const content of [
        '',
        'null',
        '[]',
        '{}',
        '[1,2,3]',
        [place, uuidv7(), mac],
        [place, id, ''],
        ['now', id, mac],
      ]) {
        const text = typeof content === 'string' ? content : JSON.stringify(content);
        const answer = await search({ limit: 2, cursor: Buffer.from(text).toString('base64url') || '!' });
        expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
      }
    });

    it('is refused when the key that made it has gone', async () => {
      const database = await TestDatabase.create(world.database.url);
      const { body } = await search({ limit: 2 });
      const other = await world.startNode({
        DATABASE_URL: database.url,
        ENCRYPTION_KEYS: Buffer.alloc(32, 9).toString('base64'),
      });
      const { body: login } = await world.login(other, 'boss');
      await database.query(`UPDATE users SET roles = '{admin}'`);
      const admin = (await world.login(other, 'boss')).body.accessToken;
      const answer = await other.post(
        '/admin/users/search',
        { limit: 2, cursor: body.nextCursor },
        bearer(admin),
      );
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
      expect(login.isNewUser).toBe(true);
      await other.stop();
      await database.drop();
    });
  });

  describe('while users are being added', () => {
    it.each(userSorts)('by %s, pages neither skip nor repeat anybody', async (sort) => {
      const before = await allIds({ sort, limit: 200 });
      let added = 0;
      // A bounded number: in the order of creation they lie ahead, and there would be no last page.
      const phones = Array.from({ length: 3 }, async (_, phone) => {
        for (let i = 0; i < 30; i += 1) await world.login(node, `${sort}-${phone}-${i}`);
      });
      const found = await allIds({ sort, limit: 4 }, async () => {
        if (added < 30) await add({ nickname: `added by ${sort}` });
        added += 1;
      });
      await Promise.all(phones);

      expect(new Set(found).size).toBe(found.length);
      const known = new Set(before);
      expect(found.filter((id) => known.has(id))).toEqual(before);
      expect((await allIds({ limit: 200 })).length).toBeGreaterThan(before.length + 90);
    });
  });

  describe('GET', () => {
    it('shows the user with their identities and live sessions, the newest first', async () => {
      const { body } = await world.login(node, 'detailed', tea.appid);
      await node.login(
        { code: await world.code('detailed', cake.appid), appid: cake.appid },
        { headers: { 'user-agent': 'phone/1' } },
      );
      const { id } = body.user;
      await world.database.query(
        `UPDATE users SET disabled_reason = 'spam', disabled_until = '2030-01-01T00:00:00Z' WHERE id = $1`,
        [id],
      );
      const identities = await world.database.query<any>(
        'SELECT appid, openid, unionid FROM identities WHERE user_id = $1 ORDER BY appid',
        [id],
      );
      const answer = await detail(id);
      const [item] = (await search({ q: id })).body.items;
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const session = {
        id: expect.any(String),
        ip: '127.0.0.1',
        createdAt: time,
        lastSeenAt: time,
        expiresAt: time,
      };
      expect(answer.body).toEqual({
        ...item,
        lastLoginAt: time,
        disabledReason: 'spam',
        disabledUntil: '2030-01-01T00:00:00.000Z',
        eraseAt: null,
        erasedAt: null,
        identities: [
          { ...identities[0], appName: 'Tea', linkedAt: time },
          { ...identities[1], appName: 'Cake', linkedAt: time },
        ],
        sessions: [
          { ...session, appid: cake.appid, userAgent: 'phone/1' },
          { ...session, appid: tea.appid, userAgent: null },
        ],
        auditEvents: [],
      });
      expect(answer.headers['cache-control']).toBe('no-store');
    });

    it('leaves out sessions that have ended in whatever way, and shows a hundred at most', async () => {
      const { body } = await world.login(node, 'much-seen');
      const { id } = body.user;
      await world.database.query(
        `INSERT INTO sessions (id, user_id, client_id, session_epoch, refresh_hash, created_at, expires_at, ended_at)
         SELECT
           gen_random_uuid(), $1, $2, CASE i % 4 WHEN 1 THEN 0 ELSE 1 END, '', now() - i * interval '1 second',
           now() + CASE i % 4 WHEN 2 THEN interval '-1 second' ELSE interval '1 hour' END,
           CASE i % 4 WHEN 3 THEN now() END
         FROM generate_series(1, 480) AS i`,
        [id, tea.appid],
      );
      const { sessions } = (await detail(id)).body;
      expect(sessions).toHaveLength(100);
      const times = sessions.map(({ createdAt }: { createdAt: string }) => createdAt);
      expect(times).toEqual(times.toSorted().toReversed());
      expect(times.at(-1) < new Date(Date.now() - 390_000).toISOString()).toBe(true);
    });

    it('answers not_found to an id that nobody has', async () => {
      expect(await detail(uuidv7())).toMatchObject({ status: 404, body: { code: 'not_found' } });
    });

    it.each(['1', 'search', `${uuidv7()}0`, '%00', `'`])(
      'answers invalid_request to the id %s',
      async (id) => {
        expect(await detail(id)).toMatchObject({
          status: 400,
          body: { code: 'invalid_request', errors: [{ field: 'id' }] },
        });
      },
    );
  });

  describe('only admins', () => {
    it.each<[string, (call: object) => Promise<Answer>]>([
      ['search', (call) => node.post('/admin/users/search', { limit: 0 }, call)],
      ['look at a user', (call) => node.get('/admin/users/1', call)],
    ])('may %s', async (_, call) => {
      expect(await call({})).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: { code: 'token_missing' },
      });
      expect(await call(bearer('nonsense'))).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
      const { body } = await world.login(node, 'nobody-special');
      expect(await call(bearer(body.accessToken))).toMatchObject({
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
        body: { code: 'forbidden' },
      });
    });
  });

  describe('answers invalid_request to', () => {
    it.each<[string, string, unknown]>([
      ['an empty q', 'q', ''],
      ['a blank q', 'q', ' \t'],
      ['a q of 129 characters', 'q', '字'.repeat(129)],
      ['a q with a NUL', 'q', 'a\u0000b'],
      ['a q with half a surrogate pair', 'q', '\ud83d'],
      ['a q that is a number', 'q', 13800138000],
      ['a q that is a list', 'q', ['a']],
      ['an unknown status', 'status', 'gone'],
      ['a list of statuses', 'status', ['active']],
      ['an empty appid', 'appid', ''],
      ['an appid with a NUL', 'appid', '\u0000'],
      ['an appid that is an object', 'appid', { like: '%' }],
      ['hasPhone as text', 'hasPhone', 'true'],
      ['a time without a zone', 'createdFrom', '2024-01-01T00:00:00'],
      ['a date alone', 'createdFrom', '2024-01-01'],
      ['a 30th of February', 'createdFrom', '2024-02-30T00:00:00Z'],
      ['a 29th of February in a common year', 'createdTo', '2023-02-29T00:00:00Z'],
      ['a thirteenth month', 'createdTo', '2024-13-01T00:00:00Z'],
      ['an hour 24', 'createdTo', '2024-01-01T24:00:00Z'],
      ['the year 0', 'createdTo', '0000-01-01T00:00:00Z'],
      ['a time in words', 'createdTo', 'yesterday'],
      ['a time as a number', 'createdTo', 1_700_000_000_000],
      ['an empty time', 'createdTo', ''],
      ['an unknown sort', 'sort', 'nickname'],
      ['an empty sort', 'sort', ''],
      ['a limit of 0', 'limit', 0],
      ['a limit of 201', 'limit', 201],
      ['a limit of one and a half', 'limit', 1.5],
      ['a limit as text', 'limit', '50'],
      ['an empty cursor', 'cursor', ''],
      ['a cursor that is a number', 'cursor', 1],
      ['a cursor of 513 characters', 'cursor', 'a'.repeat(513)],
    ])('%s', async (_, field, value) => {
      const answer = await search({ [field]: value });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(new Set(answer.body.errors.map((error: { field: string }) => error.field))).toEqual(
        new Set([field]),
      );
    });

    it.each<[string, unknown]>([
      ['no body', undefined],
      ['a list', []],
      ['broken JSON', '{'],
    ])('%s', async (_, body) => {
      expect(await search(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    });
  });

  it('takes a q and a limit of maximum size, and fields that it does not know', async () => {
    expect(await ids({ q: '🍵'.repeat(128), limit: 200, colour: 'red' })).toEqual([]);
  });

  it('gives up after two seconds if no index serves, and says so; the next search is answered', async () => {
    // Emoji have no trigrams, so that all names have to be compared, and with these it takes long to see the difference.
    await world.database.query(
      `INSERT INTO users (id, nickname) SELECT gen_random_uuid(), repeat('🍜', 8000) FROM generate_series(1, 3000)`,
    );
    try {
      const began = performance.now();
      const answer = await search({ q: `${'🍜'.repeat(127)}🥢` });
      const seconds = (performance.now() - began) / 1_000;
      expect(answer).toMatchObject({ status: 422, body: { code: 'search_too_broad' } });
      expect(seconds).toBeGreaterThan(1.9);
      expect((await search({ q: '🥢🥢' })).status).toBe(200);
    } finally {
      await world.database.query(`DELETE FROM users WHERE length(nickname) = 8000`);
    }
  });

  it('keeps openids, phones and names out of the log', async () => {
    const { body } = await world.login(node, 'discreet', tea.appid);
    const [identity] = await world.database.query<{ openid: string; unionid: string }>(
      'SELECT openid, unionid FROM identities WHERE user_id = $1',
      [body.user.id],
    );
    const secrets = [identity!.openid, identity!.unionid, '13600136000', '+8613600136000', '秘密的名字'];
    for (const q of secrets) {
      expect((await search({ q })).status).toBe(200);
      expect((await search({ q, limit: 0 })).status).toBe(400);
      expect((await search({ q, cursor: 'nonsense' })).status).toBe(400);
    }
    await world.database.query('ALTER TABLE unionids RENAME TO elsewhere');
    for (const q of secrets) expect((await search({ q })).status).toBe(500);
    await world.database.query('ALTER TABLE elsewhere RENAME TO unionids');
    await detail(body.user.id);
    await expect.poll(() => node.output).toContain('/admin/users/:id');
    for (const secret of secrets) expect(node.output).not.toContain(secret);
  });

  it('warns once at the start if the locale has no trigrams for Chinese', async () => {
    const [{ name }] = (await world.database.query<{ name: string }>(
      'SELECT current_database() AS name',
    )) as [{ name: string }];
    await world.database.query(`CREATE DATABASE ${name}_c TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    const url = new URL(world.database.url);
    url.pathname = `/${name}_c`;
    const plain = await world.startNode({ DATABASE_URL: url.href });
    await plain.stop();
    await world.database.query(`DROP DATABASE ${name}_c WITH (FORCE)`);
    expect(plain.output.match(/no trigrams for Chinese/g)).toHaveLength(1);
    expect(plain.output).toContain(`LOCALE 'C.UTF-8'`);
    expect(node.output).not.toContain('trigrams');
  });
});

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
