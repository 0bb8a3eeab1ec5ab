import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import { runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { type Standby, startStandby } from '../harness/standby.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { soon, tea, useWorld } from '../harness/world.js';

describe('a database failover', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-failover-'));
  let primary: Postgres;
  let standby: Standby;
  let proxy: TcpProxy;
  let node: ServiceNode;
  /** Characters that the node had written when the test began. */
  let outputBefore: number;

  beforeAll(async () => {
    primary = await startPostgres({ dataDirectory });
    const migrating = await world.startNode({ DATABASE_URL: primary.url('postgres') });
    await migrating.stop();
    await primary.stop();
    standby = await startStandby(dataDirectory);
    primary = await startPostgres({ dataDirectory, port: primary.port });
    proxy = await TcpProxy.start(primary.port);
    node = await world.startNode({ DATABASE_URL: proxy.through(primary.url('postgres')) });
  });
  beforeEach(() => {
    outputBefore = node.output.length;
  });
  afterEach(() => {
    proxy.port = primary.port;
  });
  afterAll(async () => {
    await proxy.stop();
    await standby.stop();
    await primary.stop();
    removePostgres(dataDirectory);
  });

  const ready = (where = node) => where.get('/health/ready');
  const down = (details: object) => ({ status: 503, body: { code: 'database_unavailable', details } });

  async function query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: primary.url('postgres') });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Statements in one session, each in a transaction of its own. */
  async function configure(...statements: string[]): Promise<void> {
    const client = new Client({ connectionString: primary.url('postgres') });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  /** Resolves when a session was last refreshed longer ago than that. */
  async function refreshedLongAgo({ body: { accessToken } }: Answer, seconds: number): Promise<void> {
    const { sid } = decodeJwt(accessToken);
    const old = 'SELECT FROM sessions WHERE id = $1 AND rotated_at < now() - make_interval(secs => $2)';
    await expect.poll(() => query(old, [sid, seconds])).toHaveLength(1);
  }

  it('closes a node only for as long as new connections lead to a standby', async () => {
    const { body: login } = await world.login(node, 'anna');
    const verify = () => node.as(login.accessToken, 'GET', '/auth/verify');
    expect((await verify()).status).toBe(204);
    expect((await ready()).status).toBe(200);

    // The primary is gone, and its connections with it. From here on nothing that is open is cut.
    proxy.port = standby.port;
    proxy.cut();
    await expect.poll(() => node.output).toContain('leads to a standby');
    await expect.poll(ready).toMatchObject(down({ database: { status: 'down' } }));
    expect(await world.login(node, 'anna')).toMatchObject({
      status: 503,
      body: { code: 'database_unavailable' },
    });
    expect((await verify()).status).toBe(503);
    // The poll and several logins have met the standby by now, on connections of their own.
    await Promise.all(Array.from({ length: 5 }, (_, index) => world.login(node, `guest-${index}`)));

    proxy.port = primary.port;
    await expect.poll(async () => (await verify()).status).toBe(204);
    await expect.poll(async () => (await world.login(node, 'anna')).status).toBe(200);
    await expect.poll(async () => (await ready()).status).toBe(200);
  });

  it('refuses logins before their codes are used, at once, and accepts the same codes afterwards', async () => {
    const codes = await Promise.all(['carl', 'clara', 'cora'].map((user) => world.code(user)));
    proxy.port = await findFreePort();
    proxy.cut();
    await expect.poll(() => node.output.slice(outputBefore)).toContain('cannot learn what is revoked');
    const asked = (await world.exchanges()).length;
    for (const code of codes) {
      expect(await node.login({ code, appid: tea.appid })).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'database_unavailable', detail: expect.stringContaining('has not been used') },
      });
    }
    expect(await world.exchanges(), 'WeChat was not asked').toHaveLength(asked);

    proxy.port = primary.port;
    for (const code of codes) {
      await expect.poll(() => node.login({ code, appid: tea.appid })).toMatchObject({ status: 200 });
    }
  });

  it('is told in the log: its reasons, its length, and how many requests were refused', async () => {
    const { body } = await world.login(node, 'carol');
    const written = () => node.output.slice(outputBefore);
    proxy.port = await findFreePort();
    proxy.cut();
    // The proxy takes connections and ends them.
    const gone = '(?:Connection terminated|read ECONNRESET)';
    await expect.poll(written).toMatch(new RegExp(`cannot learn what is revoked.*${gone}`));
    await expect.poll(async () => (await node.as(body.accessToken, 'GET', '/auth/verify')).status).toBe(503);
    await expect
      .poll(written)
      .toMatch(new RegExp(`"code":"database_unavailable","refused":\\d+,"reason":"${gone}`));
    proxy.port = standby.port;
    await expect.poll(written).toMatch(/The reason is now: DATABASE_URL leads to a standby/);
    proxy.port = primary.port;
    await expect.poll(written).toMatch(/knows again what is revoked, after \d+\.\d s\./);
  });

  it('does not take a phone for a thief that repeated its refresh for longer than the grace', async () => {
    const hasty = await world.startNode({
      DATABASE_URL: proxy.through(primary.url('postgres')),
      REFRESH_GRACE: '3',
    });
    const logins = await Promise.all(['dora', 'dina'].map((user) => world.login(hasty, user)));
    const tokens = logins.map(({ body }) => body.refreshToken);
    const repeat = () => Promise.all(tokens.map((token) => hasty.refresh(token)));
    // The sessions were refreshed, and the responses never came to the phones.
    const answers = await repeat();
    proxy.port = await findFreePort();
    proxy.cut();
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all(logins.map((login) => refreshedLongAgo(login, 6)));
    expect((await repeat()).map(({ status }) => status)).toEqual([503, 503]);

    proxy.port = primary.port;
    const statuses = new Set<number>();
    await expect
      .poll(async () => {
        const repeats = await repeat();
        for (const { status } of repeats) statuses.add(status);
        return repeats.map(({ body }) => body.refreshToken);
      }, soon)
      .toEqual(answers.map(({ body }) => body.refreshToken));
    statuses.delete(503);
    expect([...statuses], 'nobody was told anything else').toEqual([200]);

    // Once that grace is over, the token is a thief's.
    await expect
      .poll(() => hasty.refresh(tokens[0]))
      .toMatchObject({ status: 401, body: { code: 'refresh_token_reused' } });
    expect(await hasty.refresh(answers[0]!.body.refreshToken)).toMatchObject({
      status: 401,
      body: { code: 'session_revoked', reason: 'reused' },
    });
    expect((await hasty.refresh(answers[1]!.body.refreshToken)).status).toBe(200);
  });

  it('lets REVOCATION_MAX_STALENESS keep guarded requests going, but not what asks for a fresh login or a role', async () => {
    const patient = await world.startNode({
      DATABASE_URL: proxy.through(primary.url('postgres')),
      REVOCATION_MAX_STALENESS: '3600',
    });
    const [good, over] = await Promise.all([world.login(patient, 'gerd'), world.login(patient, 'gerd')]);
    const as = (login: Answer, method: string, path: string) =>
      patient.as(login.body.accessToken, method, path);
    await as(over, 'POST', '/auth/logout');

    proxy.port = await findFreePort();
    proxy.cut();
    // What the guard says; the handler behind it would need the database, too, and has words of its own.
    const unknown = {
      status: 503,
      body: {
        code: 'database_unavailable',
        detail: expect.stringContaining('whether the session goes on'),
      },
    };
    await expect.poll(() => as(good, 'DELETE', '/me')).toMatchObject(unknown);
    expect(await as(good, 'GET', '/admin/stats')).toMatchObject(unknown);
    await expect.poll(ready).toMatchObject(down({ revocations: { status: 'down' } }));
    expect((await as(good, 'GET', '/auth/verify')).status).toBe(204);
    expect((await as(over, 'GET', '/auth/verify')).status).toBe(401);

    // Another node goes on.
    const near = await world.startNode({ DATABASE_URL: primary.url('postgres') });
    expect((await near.as(good.body.accessToken, 'POST', '/auth/logout')).status).toBe(204);
    proxy.port = primary.port;
    await expect.poll(async () => (await as(good, 'GET', '/auth/verify')).status, soon).toBe(401);
  });

  describe('with a synchronous standby that hangs', () => {
    const hang = () =>
      configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", 'SELECT pg_reload_conf()');
    const goOn = () => configure('ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()');
    afterEach(goOn);

    /** A node with two connections, and a third that polls. */
    function startNarrow(): Promise<ServiceNode> {
      const url = new URL(primary.url('postgres'));
      url.searchParams.set('application_name', 'narrow');
      return world.startNode({ DATABASE_URL: url.href, DATABASE_POOL_SIZE: '2', REFRESH_GRACE: '2' });
    }
    const hangs = () => query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
    const connections = () => query(`SELECT FROM pg_stat_activity WHERE application_name = 'narrow'`);

    it('takes no more connections of Postgres than DATABASE_POOL_SIZE and that of the poll', async () => {
      const narrow = await startNarrow();
      await hang();
      for (let round = 0; round < 2; round += 1) {
        const logins = ['eva', 'emil'].map((user) => world.login(narrow, user));
        await expect.poll(hangs).toHaveLength(2);
        for (const answer of await Promise.all(logins)) {
          expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        }
        await expect.poll(async () => (await connections()).length).toBeLessThanOrEqual(3);
      }
    });

    it('does not take a phone for a thief whose refresh hangs for longer than the grace', async () => {
      const narrow = await startNarrow();
      const login = await world.login(narrow, 'fred');
      await hang();
      const { refreshToken } = login.body;
      expect((await narrow.refresh(refreshToken)).status).toBe(503);
      expect((await narrow.refresh(refreshToken)).status).toBe(503);
      await refreshedLongAgo(login, 2);
      await goOn();
      await expect.poll(() => narrow.refresh(refreshToken), soon).toMatchObject({ status: 200 });
    });
  });

  it('keeps a node from being ready while it cannot know what is revoked', async () => {
    const apart = await world.startNode({ DATABASE_URL: primary.url('postgres') });
    expect(await ready(apart)).toMatchObject({
      status: 200,
      body: { details: { revocations: { status: 'up' } } },
    });
    await configure('ALTER TABLE revocations RENAME TO revocations_gone');
    try {
      await expect
        .poll(() => ready(apart))
        .toMatchObject(down({ database: { status: 'up' }, revocations: { status: 'down' } }));
    } finally {
      await configure('ALTER TABLE revocations_gone RENAME TO revocations');
    }
    await expect.poll(async () => (await ready(apart)).status).toBe(200);
  });

  it('keeps a node from being ready while the primary takes no writes, and the log says why', async () => {
    await configure('ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()');
    try {
      await expect.poll(ready).toMatchObject(down({ database: { status: 'down' } }));
      await expect.poll(() => node.output).toContain('default_transaction_read_only');
      const { code, stdout } = await runCommand(
        'doctor',
        [],
        world.environment({ DATABASE_URL: primary.url('postgres') }),
      );
      expect(code).toBe(1);
      expect(stdout).toMatch(/✗ Postgres: .*default_transaction_read_only/);
    } finally {
      await configure(
        'SET default_transaction_read_only = off',
        'ALTER SYSTEM RESET default_transaction_read_only',
        'SELECT pg_reload_conf()',
      );
    }
    await expect.poll(async () => (await ready()).status).toBe(200);
  });

  it('does not start a node on a standby, and says what to do', async () => {
    proxy.port = standby.port;
    const { code, stdout } = await runCommand(
      'doctor',
      [],
      world.environment({ DATABASE_URL: proxy.through(primary.url('postgres')) }),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ database: .* is a standby.*primary/);
    // It may be a failover that is under way: the node waits for the primary.
    const early = world.launchNode({ DATABASE_URL: proxy.through(primary.url('postgres')) });
    await expect.poll(() => early.output).toMatch(/is a standby/);
    proxy.port = primary.port;
    await early.listening();
    expect((await world.login(early, 'early')).status).toBe(200);
  });

  it('holds nothing secret after all this', async () => {
    await world.expectSecretsKept(primary.url('postgres'));
  });
});
