import { DataSource, type Logger as StatementLogger } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLogService, type AuditQuery } from '../../src/audit/audit-log.service.js';
import type { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Database } from '../../src/database/database.js';
import { schema } from '../../src/schema.js';
import type { TestDatabase } from '../harness/database.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { expectInvalidField } from '../harness/problem.js';
import { alone, createMigratedDatabase, useWorld } from '../harness/world.js';

describe('the audit log', () => {
  const world = useWorld();
  let node: ServiceNode;
  let token: string;
  let adminId: string;

  beforeAll(async () => {
    node = await world.startNode();
    ({ id: adminId, accessToken: token } = await world.createAdmin(node, alone.appid));
  });

  const get = (path: string, accessToken = token): Promise<Answer> =>
    node.get(path, { headers: { authorization: `Bearer ${accessToken}` } });

  describe('GET /admin/audit', () => {
    const [anna, bert, admin, session] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    const [first, second, third, fourth] = [4, 3, 2, 1].map((minutes) =>
      new Date(Date.now() - minutes * 60_000).toISOString(),
    );

    beforeAll(async () => {
      await world.database.query(
        `INSERT INTO audit_events (action, actor, actor_id, user_id, session_id, ip, details, created_at) VALUES
           ('user.disabled', 'person', $3, $1, NULL, '203.0.113.7', '{"reason": "spam"}', $5),
           ('session.logout', 'person', $2, $2, $4, '203.0.113.8', '{}', $6),
           ('user.enabled', 'service', NULL, $1, NULL, NULL, '{}', $7),
           ('users.imported', 'command', NULL, NULL, NULL, NULL, '{"lines": 5}', $8)`,
        [anna, bert, admin, session, first, second, third, fourth],
      );
    });

    const actions = async (query: string) =>
      (await get(`/admin/audit?${query}`)).body.items.map(({ action }: { action: string }) => action);

    it('says who did what to whom, when, and from where, the newest first', async () => {
      const { status, headers, body } = await get('/admin/audit');
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toEqual({
        items: [
          {
            action: 'users.imported',
            actor: 'command',
            actorId: null,
            userId: null,
            sessionId: null,
            ip: null,
            details: { lines: 5 },
            at: fourth,
          },
          {
            action: 'user.enabled',
            actor: 'service',
            actorId: null,
            userId: anna,
            sessionId: null,
            ip: null,
            details: {},
            at: third,
          },
          {
            action: 'session.logout',
            actor: 'person',
            actorId: bert,
            userId: bert,
            sessionId: session,
            ip: '203.0.113.8',
            details: {},
            at: second,
          },
          {
            action: 'user.disabled',
            actor: 'person',
            actorId: admin,
            userId: anna,
            sessionId: null,
            ip: '203.0.113.7',
            details: { reason: 'spam' },
            at: first,
          },
        ].map((item) => ({ id: expect.stringMatching(/^\d+$/), ...item })),
        nextCursor: null,
      });
    });

    it('can be read of one user, of one action, and of both', async () => {
      expect(await actions(`userId=${anna}`)).toEqual(['user.enabled', 'user.disabled']);
      expect(await actions('action=session.logout')).toEqual(['session.logout']);
      expect(await actions(`userId=${anna}&action=user.disabled`)).toEqual(['user.disabled']);
      expect(await actions(`userId=${uuidv7()}`)).toEqual([]);
    });

    it('shows each entry once on its pages, while new ones are written', async () => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const { body }: Answer = await get(
          `/admin/audit?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
        );
        seen.push(...body.items.map(({ action }: { action: string }) => action));
        cursor = body.nextCursor;
        await world.database.query(
          `INSERT INTO audit_events (action, actor, created_at) VALUES ('keys.rotated', 'command', now())`,
        );
      } while (cursor !== null);
      await world.database.query(`DELETE FROM audit_events WHERE action = 'keys.rotated'`);
      expect(seen).toEqual(['users.imported', 'user.enabled', 'session.logout', 'user.disabled']);
    });

    it.each([
      ['limit=0', 'limit', 'limit must be a whole number from 1 to 200'],
      ['limit=201', 'limit', 'limit must be a whole number from 1 to 200'],
      ['limit=1e2', 'limit', 'limit must be a whole number from 1 to 200'],
      ['limit=', 'limit', 'limit must be a whole number from 1 to 200'],
      ['limit=1&limit=2', 'limit', 'limit must be given once'],
      ['cursor=abc', 'cursor', 'cursor must be the nextCursor of the page before'],
      ['cursor=-1', 'cursor', 'cursor must be the nextCursor of the page before'],
      ['cursor=9223372036854775808', 'cursor', 'cursor must be the nextCursor of the page before'],
      ['cursor=', 'cursor', 'cursor must be the nextCursor of the page before'],
      ['userId=', 'userId', 'userId must be a UUID'],
      ['userId=anna', 'userId', 'userId must be a UUID'],
      [`userId=${anna}&userId=${bert}`, 'userId', 'userId must be given once'],
    ])('refuses ?%s', async (query, field, message) => {
      expectInvalidField(await get(`/admin/audit?${query}`), field, message);
    });

    it('refuses an action that there is not, and passes over parameters that it does not know', async () => {
      const { status, body } = await get('/admin/audit?action=user.born');
      expect({ status, field: body.errors[0].field }).toEqual({ status: 400, field: 'action' });
      expect(await actions('action=session.logout&colour=red&colour=blue&__proto__=x')).toEqual([
        'session.logout',
      ]);
    });

    it('is for admins alone', async () => {
      const { body } = await world.login(node, 'somebody', alone.appid);
      for (const path of ['/admin/audit', '/admin/stats']) {
        expect((await get(path, body.accessToken)).body.code).toBe('forbidden');
        expect((await node.get(path)).body.code).toBe('token_missing');
      }
    });

    it('is shown with a user: the last 50 entries', async () => {
      const { body } = await world.login(node, 'of-many-deeds', alone.appid);
      const { id } = body.user;
      expect((await get(`/admin/users/${id}`)).body.auditEvents).toEqual([]);
      await world.database.query(
        `INSERT INTO audit_events (action, actor, user_id, details)
         SELECT 'user.kicked', 'command', $1, jsonb_build_object('number', number) FROM generate_series(1, 51) AS number`,
        [id],
      );
      const entries = (await get(`/admin/audit?userId=${id}`)).body.items;
      const { auditEvents } = (await get(`/admin/users/${id}`)).body;
      expect(auditEvents).toEqual(entries);
      expect(auditEvents.map(({ details }: any) => details.number)).toEqual(
        Array.from({ length: 50 }, (_, index) => 51 - index),
      );
    });
  });

  describe('reading is in the audit:', () => {
    const entriesOf = async (action: string) => (await get(`/admin/audit?action=${action}`)).body.items;

    it('looking at a user, once for each look, and not for a change', async () => {
      const { id } = (await world.login(node, 'looked-at', alone.appid)).body.user;
      await get(`/admin/users/${id}`);
      await node.as(token, 'PATCH', `/admin/users/${id}`, { roles: ['editor'] });
      await get(`/admin/users/019f0000-0000-7000-8000-00000000dead`);
      await get(`/admin/users/${id}`);
      const entries = (await entriesOf('user.viewed')).filter(({ userId }: any) => userId === id);
      expect(entries).toHaveLength(2);
      expect(entries[0]).toMatchObject({ actor: 'person', actorId: adminId, ip: '127.0.0.1', details: {} });
    });

    it('a search, with a keyed hash in the place of q', async () => {
      const search = (body: object) => node.as(token, 'POST', '/admin/users/search', body);
      await search({ q: '13800138000', status: 'active', hasPhone: true, limit: 10 });
      await search({ q: '13800138001' });
      await search({ q: ' 13800138000 ' });
      await search({});
      expect((await search({ limit: 0 })).status).toBe(400);
      const entries = await entriesOf('users.searched');
      expect(entries).toHaveLength(4);
      const [all, again, other, first] = entries;
      expect(first).toMatchObject({ actor: 'person', actorId: adminId, userId: null, ip: '127.0.0.1' });
      const qHash = expect.stringMatching(/^[\w-]{43}$/);
      expect(first.details).toEqual({ qHash, status: 'active', hasPhone: true, found: 0 });
      expect(again.details.qHash).toBe(first.details.qHash);
      expect(other.details.qHash).not.toBe(first.details.qHash);
      expect(all.details).toEqual({ found: expect.any(Number) });
      expect(JSON.stringify(entries)).not.toContain('1380013800');
    });

    it('an export', async () => {
      const { body } = await world.login(node, 'exporter', alone.appid);
      expect((await node.as(body.accessToken, 'GET', '/me/export')).status).toBe(200);
      const { id } = body.user;
      expect((await entriesOf('user.exported')).filter(({ userId }: any) => userId === id)).toMatchObject([
        { actor: 'person', actorId: id, ip: '127.0.0.1' },
      ]);
    });
  });
});

describe('a page of an audit log with 200,000 entries', () => {
  const statements: { text: string; values: unknown[] }[] = [];
  const user = uuidv7();
  let filled: TestDatabase;
  let dataSource: DataSource;
  let audit: AuditLogService;

  beforeAll(async () => {
    filled = await createMigratedDatabase();
    const options = dataSourceOptions(schema, { databaseUrl: filled.url, databasePoolSize: 2 });
    // One entry in four thousand rotates keys; the user has as many.
    await filled.query(
      `INSERT INTO audit_events (action, actor, user_id, ip, created_at)
       SELECT
         CASE WHEN number % 4000 = 0 THEN 'keys.rotated' ELSE 'session.logout' END,
         'person',
         CASE WHEN number % 4000 = 1 THEN $1 ELSE md5((number % 50000)::text)::uuid END,
         '203.0.113.7',
         now() - interval '1 minute' * (200000 - number)
       FROM generate_series(1, 200000) AS number`,
      [user],
    );
    await filled.query('VACUUM ANALYZE audit_events');
    const logger = {
      logQuery: (text: string, values: unknown[] = []) => statements.push({ text, values }),
    } as unknown as StatementLogger;
    dataSource = await new DataSource({ ...options, extra: {}, logging: ['query'], logger }).initialize();
    audit = new AuditLogService(new Database(dataSource, {} as Settings));
  });
  afterAll(async () => {
    await dataSource.destroy();
    await filled.drop();
  });

  /** Pages of 8 kB that Postgres reads. */
  async function buffers(query: AuditQuery): Promise<number> {
    statements.length = 0;
    const { events } = await audit.page(query);
    expect(events).toHaveLength(query.limit);
    const [{ text, values }] = statements as [{ text: string; values: unknown[] }];
    const [row] = await dataSource.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    const plan = row['QUERY PLAN'][0].Plan;
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }

  it.each<[string, Omit<AuditQuery, 'limit'>]>([
    ['of all', {}],
    ['of all, deep inside', { before: '100000' }],
    ['of a user', { userId: user }],
    ['of a user, deep inside', { userId: user, before: '150000' }],
    ['of a rare action', { action: 'keys.rotated' }],
    ['of a rare action, deep inside', { action: 'keys.rotated', before: '150000' }],
    ['of a common action', { action: 'session.logout' }],
    ['of a user and a common action', { userId: user, action: 'session.logout' }],
  ])('%s, is read without the others', async (_, query) => {
    // Each entry may lie on a page of its own, and the fifty of the user be sorted; all have 2,700 pages.
    expect(await buffers({ ...query, limit: 20 })).toBeLessThan(100);
  });
});
