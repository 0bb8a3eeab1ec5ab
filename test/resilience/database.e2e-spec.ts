import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { cake, tea, useWorld } from '../harness/world.js';

describe('database failures: when Postgres', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-restart-'));
  let postgres: Postgres;
  let node: ServiceNode;

  beforeAll(async () => {
    postgres = await startPostgres({ dataDirectory });
    node = await world.startNode({ DATABASE_URL: postgres.url('postgres') });
  });
  afterAll(async () => {
    await postgres.stop();
    removePostgres(dataDirectory);
  });

  async function query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    const client = new Client({ connectionString: postgres.url('postgres') });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  it.each(['fast', 'immediate'] as const)(
    'stops (%s) and starts under load: 503 meanwhile, recovery by itself, and no login that was answered is lost',
    async (mode) => {
      const answers: Answer[] = [];
      const load = { stopped: false };
      const phones = Array.from({ length: 8 }, async (_, phone) => {
        for (let round = 0; !load.stopped; round += 1) {
          answers.push(await world.login(node, `${mode}-${phone}-${round}`));
        }
      });
      const succeeded = () => answers.filter(({ status }) => status === 200).length;
      const refused = () => answers.filter(({ status }) => status === 503).length;

      onTestFinished(async () => {
        load.stopped = true;
        await Promise.all(phones);
      });
      await expect.poll(succeeded).toBeGreaterThan(50);
      await postgres.stop(mode);
      await expect.poll(refused).toBeGreaterThan(20);
      await expect
        .poll(() => node.get('/health/ready'))
        .toMatchObject({
          status: 503,
          headers: { 'retry-after': '1' },
          body: { code: 'database_unavailable', details: { database: { status: 'down' } } },
        });
      expect((await node.get('/health/live')).status).toBe(200);

      postgres = await startPostgres({ dataDirectory, port: postgres.port });
      const before = succeeded();
      await expect.poll(succeeded).toBeGreaterThan(before + 50);
      load.stopped = true;
      await Promise.all(phones);
      await expect.poll(async () => (await node.get('/health/ready')).status).toBe(200);

      const others = answers.filter(({ status }) => status !== 200);
      expect(others.map(({ body }) => body.code)).toEqual(Array(others.length).fill('database_unavailable'));
      expect(others.every(({ headers }) => headers['retry-after'] === '1')).toBe(true);
      const sessions = answers
        .filter(({ status }) => status === 200)
        .map(({ body }) => decodeJwt(body.accessToken)['sid']);
      const [kept] = await query<{ count: number }>(
        'SELECT count(*)::integer AS count FROM sessions WHERE id = ANY ($1)',
        [sessions],
      );
      expect(kept!.count).toBe(sessions.length);
    },
  );

  /** A lock that another session holds on a row, until it is let go. */
  const hold = (text: string, values: unknown[]) => world.hold(text, values, postgres.url('postgres'));

  it('has no connection free for long, a login is answered with 503 instead of waiting for ever', async () => {
    const narrow = await world.startNode({ DATABASE_URL: postgres.url('postgres'), DATABASE_POOL_SIZE: '1' });
    await world.login(narrow, 'locked');
    const release = await hold('SELECT FROM users FOR UPDATE', []);
    const first = world.login(narrow, 'locked');
    // When the first gives up, one of the others has the connection, for longer than the third can wait for it.
    const waiting = `SELECT FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '1 second'`;
    await expect.poll(() => query(waiting, [])).toHaveLength(1);
    const others = [world.login(narrow, 'locked'), world.login(narrow, 'locked')];
    for (const answer of await Promise.all([first, ...others])) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    }
    await release();
    expect((await world.login(narrow, 'locked')).status).toBe(200);
    expect((await world.login(narrow, 'other')).status).toBe(200);
  });

  it('keeps a first login waiting too long, no later login is lost in the transaction that was given up', async () => {
    const narrow = await world.startNode({ DATABASE_URL: postgres.url('postgres'), DATABASE_POOL_SIZE: '1' });
    await world.login(narrow, 'two-apps', tea.appid);
    await world.login(narrow, 'somebody');
    const release = await hold('SELECT FROM unionids FOR UPDATE', []);
    expect((await world.login(narrow, 'two-apps', cake.appid)).status).toBe(503);
    await release();
    const { body } = await world.login(narrow, 'somebody');
    const [kept] = await query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM sessions WHERE id = $1',
      [decodeJwt(body.accessToken)['sid']],
    );
    expect(kept!.count).toBe(1);
    // Others come and go; what was given up would stay.
    await expect
      .poll(() => query(`SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'`, []))
      .toHaveLength(0);
  });

  it('ends connections again and again while users log in, the service goes on', async () => {
    const codes = await Promise.all(Array.from({ length: 60 }, (_, index) => world.code(`killed-${index}`)));
    const logins = codes.map(async (code, index) => {
      if (index % 5 === 0) {
        await query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weapp-auth'`,
          [],
        );
      }
      return node.login({ code, appid: tea.appid });
    });
    const answers = await Promise.all(logins);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(({ body }) => body.code)).toEqual(Array(refused.length).fill('database_unavailable'));
    expect((await world.login(node, 'after')).status).toBe(200);
  });

  it('has transactions give way to others (40P01, 40001), a login is tried again and nobody is told', async () => {
    await query('CREATE SEQUENCE conflicts', []);
    await query(
      `CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE number bigint := nextval('conflicts');
       BEGIN
         IF number <= 2 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
         IF number <= 4 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF;
         RETURN NEW;
       END $$`,
      [],
    );
    await query(
      'CREATE TRIGGER conflict BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION conflict()',
      [],
    );
    try {
      // A new user is one transaction, a known one is one statement.
      for (const _ of [1, 2]) {
        expect((await world.login(node, 'giving-way')).status).toBe(200);
        await query(`SELECT setval('conflicts', 1, false)`, []);
      }
    } finally {
      await query('DROP TRIGGER conflict ON sessions', []);
      await query('DROP FUNCTION conflict', []);
      await query('DROP SEQUENCE conflicts', []);
    }
  });

  it('is asked whether a node is ready, it is asked once for all who ask', async () => {
    // Older than what the node remembers of earlier answers.
    const fresh = await world.startNode({ DATABASE_URL: postgres.url('postgres') });
    const release = await hold('LOCK TABLE weapp_auth_migrations', []);
    const answers = Array.from({ length: 50 }, () => fresh.get('/health/ready'));
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
    await expect.poll(() => query(waiting, [])).toHaveLength(1);
    expect((await world.login(fresh, 'while-asked')).status).toBe(200);
    await release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses).size).toBe(1);
  });

  it('holds nothing secret after all this', async () => {
    await world.expectSecretsKept(postgres.url('postgres'));
  });
});
