import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import type { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { DatabaseReplica } from '../../src/database/database-replica.js';
import { Database } from '../../src/database/database.js';
import { schema } from '../../src/schema.js';
import { runCommand } from '../harness/command.js';
import { scrape, valueOf } from '../harness/metrics.js';
import type { ServiceNode } from '../harness/node.js';
import { hasPgBouncer, PgBouncer } from '../harness/pgbouncer.js';
import { followingSettings, type Standby, startStandby } from '../harness/standby.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { useWorld } from '../harness/world.js';

const cannotBeRead = 'The replica cannot be read. The primary answers what /admin reads.';

describe('a read-only replica for /admin', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-replicated-'));
  let primary: Postgres;
  let standby: Standby;
  /** A role that can read and nothing else. */
  let replicaUrl: string;
  /** Between the nodes and the replica. */
  let proxy: TcpProxy;

  beforeAll(async () => {
    primary = await startPostgres({ dataDirectory });
    const migrating = await world.startNode({ DATABASE_URL: primary.url('postgres') });
    await migrating.stop();
    await query(`
      CREATE ROLE reader LOGIN PASSWORD 'of-a-reader';
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`);
    await primary.stop();
    standby = await startStandby(dataDirectory, {
      ...followingSettings(primary),
      // A change is always there later than on the primary.
      recovery_min_apply_delay: '50ms',
      log_statement: 'all',
      log_line_prefix: '<%a> ',
    });
    primary = await startPostgres({ dataDirectory, port: primary.port });
    proxy = await TcpProxy.start(standby.port);
    const url = new URL(proxy.through(primary.url('postgres')));
    [url.username, url.password] = ['reader', 'of-a-reader'];
    replicaUrl = url.href;
  });
  afterEach(() => {
    proxy.port = standby.port;
  });
  afterAll(async () => {
    await proxy.stop();
    await standby.stop();
    await primary.stop();
    removePostgres(dataDirectory);
  });

  async function query<Row extends object>(
    text: string,
    values: unknown[] = [],
    url = primary.url('postgres'),
  ): Promise<Row[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  function startNode(changes: Record<string, string> = {}): Promise<ServiceNode> {
    return world.startNode({
      DATABASE_URL: primary.url('postgres'),
      DATABASE_REPLICA_URL: replicaUrl,
      ...changes,
    });
  }

  /** A signed-in admin, as a caller of a node. */
  async function signInAdmin(node: ServiceNode) {
    const { body } = await world.login(node, 'operator');
    await query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [body.user.id]);
    const { accessToken } = (await world.login(node, 'operator')).body;
    const call = (method: string, path: string, content?: unknown) =>
      node.as(accessToken, method, `/admin/${path}`, content);
    return {
      call,
      async search(request: object = {}) {
        const { status, body: page } = await call('POST', 'users/search', request);
        expect(status).toBe(200);
        return page.items as { id: string; status: string }[];
      },
    };
  }

  /** What the service has asked the replica so far. */
  const statementsOnReplica = () =>
    readFileSync(standby.logFile, 'utf8')
      // A statement of several lines is one entry.
      .split(/^(?=<)/m)
      .filter((entry) => entry.startsWith('<weapp-auth>'));

  it('answers searches, the audit log and the statistics', async () => {
    const node = await startNode();
    const admin = await signInAdmin(node);
    const seen = statementsOnReplica().length;
    await expect
      .poll(async () => {
        await admin.search();
        await admin.search({ q: 'Nobody has this name' });
        expect((await admin.call('GET', 'audit')).status).toBe(200);
        expect((await admin.call('GET', 'stats')).status).toBe(200);
        const statements = statementsOnReplica().slice(seen).join('\n');
        return ['FROM users', 'lower(nickname)', 'audit_events', 'login_stats'].filter(
          (part) => !statements.includes(part),
        );
      })
      .toEqual([]);
  });

  it('is asked nothing, nor connected to, by whoever is no admin', async () => {
    const seen = statementsOnReplica().length;
    const connections = () =>
      query(`SELECT FROM pg_stat_activity WHERE usename = 'reader'`, [], standby.url('postgres'));
    // Those of an earlier test end with its node.
    await expect.poll(connections).toEqual([]);
    const node = await startNode();
    await world.login(node, 'first-login');
    const { accessToken, refreshToken } = (await world.login(node, 'first-login')).body;
    expect((await node.me(accessToken)).status).toBe(200);
    expect((await node.as(accessToken, 'PATCH', '/me', { nickname: 'Anna' })).status).toBe(200);
    expect((await node.as(accessToken, 'GET', '/me/sessions')).status).toBe(200);
    expect((await node.as(accessToken, 'GET', '/me/export')).status).toBe(200);
    expect((await node.as(accessToken, 'GET', '/auth/verify')).status).toBe(204);
    expect((await node.refresh(refreshToken)).status).toBe(200);
    expect((await node.get('/health/ready')).status).toBe(200);
    expect((await node.as(accessToken, 'POST', '/admin/users/search', {})).status).toBe(403);
    expect((await node.as(accessToken, 'POST', '/auth/logout')).status).toBe(204);
    expect(await connections()).toEqual([]);
    expect(statementsOnReplica().slice(seen)).toEqual([]);
  });

  it('is not asked for a user, who is shown as the primary has them', async () => {
    const node = await startNode();
    const admin = await signInAdmin(node);
    const { id } = (await world.login(node, 'olga')).body.user;
    const seen = statementsOnReplica().length;
    expect((await admin.call('PATCH', `users/${id}`, { status: 'disabled' })).status).toBe(200);
    expect((await admin.call('GET', `users/${id}`)).body.status).toBe('disabled');
    expect(statementsOnReplica().slice(seen)).toEqual([]);
  });

  it('shows an admin at once what they have changed, and what they have read', async () => {
    const node = await startNode();
    const admin = await signInAdmin(node);
    const { id } = (await world.login(node, 'paula')).body.user;
    for (const status of ['disabled', 'active', 'disabled', 'active', 'disabled']) {
      await admin.call('PATCH', `users/${id}`, { status });
      expect(await admin.search({ q: id })).toMatchObject([{ id, status }]);
      const { body } = await admin.call('GET', 'audit?limit=1');
      expect(body.items).toMatchObject([{ action: 'users.searched' }]);
    }
  });

  it('is left to the primary while it is away, with one line in the log; the node starts, and is ready', async () => {
    const [metricsPort, nobody] = [await findFreePort(), await findFreePort()];
    proxy.port = nobody;
    proxy.cut();
    const node = await startNode({ METRICS_PORT: String(metricsPort) });
    expect((await node.get('/health/ready')).status).toBe(200);
    const admin = await signInAdmin(node);
    const reads = async (server: string) =>
      valueOf(await scrape(node, metricsPort), 'weapp_auth_replica_reads_total', { server });

    for (let requests = 0; requests < 5; requests += 1) {
      expect((await admin.call('GET', 'audit')).status).toBe(200);
    }
    expect(await reads('primary')).toBe(5);
    expect(node.output.split(cannotBeRead)).toHaveLength(2);
    expect(node.output).not.toContain('of-a-reader');

    proxy.port = standby.port;
    await expect
      .poll(async () => {
        await admin.search();
        return node.output;
      })
      .toContain('The replica can be read again, after ');
    expect(await reads('replica')).toBeGreaterThan(0);
    const connections = valueOf(await scrape(node, metricsPort), 'weapp_auth_replica_connections', {
      state: 'idle',
    });
    expect(connections).toBeGreaterThan(0);
  });

  it('is left to the primary while it is behind', async () => {
    const node = await startNode();
    const admin = await signInAdmin(node);
    await query('SELECT pg_wal_replay_pause()', [], standby.url('postgres'));
    onTestFinished(
      async () => void (await query('SELECT pg_wal_replay_resume()', [], standby.url('postgres'))),
    );
    const { id } = (await world.login(node, 'someone-new')).body.user;
    expect(await admin.search({ q: id })).toMatchObject([{ id }]);
    expect(node.output).toContain(`${cannotBeRead} The replica is behind the primary by `);
  });

  it('is left to the primary if it accepts connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    onTestFinished(() => {
      mute.close();
      for (const socket of sockets) socket.destroy();
    });
    const url = new URL(replicaUrl);
    url.port = String((mute.address() as AddressInfo).port);
    const node = await startNode({ DATABASE_REPLICA_URL: url.href });
    const admin = await signInAdmin(node);
    expect((await admin.search()).length).toBeGreaterThan(0);
    expect(node.output).toContain(cannotBeRead);
  });

  describe('is not read, and the doctor says so, if DATABASE_REPLICA_URL leads', () => {
    it.each<[string, () => string, string]>([
      ['to the primary', () => primary.url('postgres'), 'leads to a server that is no standby'],
      ['to another database', () => standby.url('template1'), 'or to another database, than DATABASE_URL'],
      [
        'nowhere',
        () => primary.url('postgres').replace(/:\d+\//, ':1/'),
        'nothing listens at 127.0.0.1:1 (ECONNREFUSED). Start Postgres, or correct the address in DATABASE_REPLICA_URL',
      ],
    ])('%s', async (_, url, words) => {
      const settings = { DATABASE_URL: primary.url('postgres'), DATABASE_REPLICA_URL: url() };
      const { code, stdout } = await runCommand('doctor', [], world.environment(settings));
      expect(stdout).toMatch(new RegExp(`^✗ replica: .*${words.replaceAll(/[().]/g, String.raw`\$&`)}`, 'm'));
      expect(code).toBe(1);
      const node = await startNode(settings);
      const admin = await signInAdmin(node);
      expect((await admin.search()).length).toBeGreaterThan(0);
      expect(node.output).toContain(words);
    });

    it('to a replica that is behind', async () => {
      await query('SELECT pg_wal_replay_pause()', [], standby.url('postgres'));
      onTestFinished(
        async () => void (await query('SELECT pg_wal_replay_resume()', [], standby.url('postgres'))),
      );
      await query('CREATE TABLE written_since_then ()');
      const settings = { DATABASE_URL: primary.url('postgres'), DATABASE_REPLICA_URL: replicaUrl };
      const { code, stdout } = await runCommand('doctor', [], world.environment(settings));
      expect(stdout).toContain('✗ replica: The replica is behind the primary by ');
      expect(code).toBe(1);
    });
  });

  it('passes the doctor', async () => {
    const settings = { DATABASE_URL: primary.url('postgres'), DATABASE_REPLICA_URL: replicaUrl };
    await expect
      .poll(async () => (await runCommand('doctor', [], world.environment(settings))).stdout)
      .toMatch(/^✓ replica: a standby, which needed \d+ ms to have what the primary has$/m);
  });

  it('stops the start if its URL is none, together with all other faults', async () => {
    const node = world.launchNode({ DATABASE_REPLICA_URL: 'postgres://r:winter@one,two/d', PORT: 'x' });
    expect(await node.exit()).toBe(1);
    expect(node.output).toMatch(/DATABASE_REPLICA_URL names several hosts.*always leads to a standby/);
    expect(node.output).toContain('PORT must be');
    expect(node.output).not.toContain('winter');
  });

  it('may end a query for the sake of a change, and the primary answers it', async () => {
    const settings = { databaseReplicaUrl: replicaUrl } as Settings;
    const source = await new DataSource(
      dataSourceOptions(schema, { databaseUrl: primary.url('postgres'), databasePoolSize: 2 }),
    ).initialize();
    const replica = new DatabaseReplica(new Database(source, settings), schema, settings);
    await query('ALTER SYSTEM SET max_standby_streaming_delay = 0', [], standby.url('postgres'));
    await query('SELECT pg_reload_conf()', [], standby.url('postgres'));
    onTestFinished(async () => {
      await query('ALTER SYSTEM RESET max_standby_streaming_delay', [], standby.url('postgres'));
      await query('SELECT pg_reload_conf()', [], standby.url('postgres'));
      await replica.onApplicationShutdown();
      await source.destroy();
    });
    let onReplica = 0;
    const wasPrimary = await replica.run(async (manager) => {
      const [row] = await manager.query<{ isStandby: boolean }[]>(
        'SELECT pg_is_in_recovery() AS "isStandby" FROM (SELECT count(*) FROM users) AS counted',
      );
      if (!row!.isStandby) return true;
      onReplica += 1;
      // The standby cannot apply this while the transaction has read the table.
      await query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE; CREATE TABLE IF NOT EXISTS changed ()');
      for (;;) await manager.query('SELECT pg_sleep(0.1)');
    });
    expect([wasPrimary, onReplica > 0]).toEqual([true, true]);
  });

  describe.skipIf(!hasPgBouncer)(
    'behind PgBouncer in transaction mode (skipped without pgbouncer on PATH)',
    () => {
      it('answers the same', async () => {
        const pooler = await PgBouncer.start(standby.url('postgres'));
        onTestFinished(() => pooler.stop());
        const node = await startNode({ DATABASE_REPLICA_URL: pooler.through(standby.url('postgres')) });
        const admin = await signInAdmin(node);
        const seen = statementsOnReplica().length;
        await expect
          .poll(async () => {
            await Promise.all([1, 2, 3].map(() => admin.search({ q: 'Nobody has this name' })));
            await admin.call('GET', 'audit');
            const statements = statementsOnReplica().slice(seen).join('\n');
            return statements.includes('lower(nickname)') && statements.includes('audit_events');
          })
          .toBe(true);
      });
    },
  );
});
