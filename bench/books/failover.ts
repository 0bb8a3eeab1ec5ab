import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PgBouncer } from '../../test/harness/pgbouncer.js';
import { PatroniCluster } from '../harness/patroni-cluster.js';
import { type Report, type RunOptions, runWithBooks } from './run-with-books.js';
import type { Verdict } from './audit.js';

/** The most connections of the nodes at one server, at some time by `performance.now()`. */
export interface ConnectionSample {
  at: number;
  connections: number;
}

export interface FailoverReport extends Report {
  connections: ConnectionSample[];
  maxConnections: number;
  hasPooler: boolean;
}

const poolSize = 10;
const applicationName = 'weapp-auth-node';
const sampleIntervalMs = 1_000;
/** How long the primary hangs: shorter than Patroni's `ttl`, which is 30. */
const hangMs = 20_000;
/** How long the load goes on between two acts. */
const restMs = 10_000;

export interface FailoverOptions extends Pick<RunOptions, 'load' | 'keepLogs'> {
  /** Whether the nodes reach HAProxy by way of a PgBouncer. */
  hasPooler: boolean;
}

/** Runs mixed load on two nodes while a Patroni cluster loses, changes and misses its servers. Leaves nothing behind. */
export async function failOver({ hasPooler, ...options }: FailoverOptions): Promise<FailoverReport> {
  const cluster = await PatroniCluster.start();
  let pooler: PgBouncer | undefined;
  const connections: ConnectionSample[] = [];
  let sampler: NodeJS.Timeout | undefined;
  try {
    await createDatabase(cluster);
    const databaseUrl = cluster.url('weapp', 'weapp');
    // The value of docs/guides/high-availability.md.
    if (hasPooler) pooler = await PgBouncer.start(databaseUrl, { server_login_retry: '1' });
    const nodesUrl = new URL(pooler?.through(databaseUrl) ?? databaseUrl);
    nodesUrl.searchParams.set('application_name', applicationName);
    const report = await runWithBooks({
      ...options,
      databaseUrl,
      settings: {
        ...(hasPooler && { DATABASE_NAMED_STATEMENTS: 'false' }),
        DATABASE_URL: nodesUrl.href,
        DATABASE_POOL_SIZE: String(poolSize),
        REVOCATION_MAX_STALENESS: '60',
      },
      play: async ({ act }) => {
        sampler = setInterval(() => {
          const at = performance.now();
          void cluster
            .countConnections(applicationName)
            .then((count) => connections.push({ at, connections: count }));
        }, sampleIntervalMs);
        const perform = async <Result>(name: string, run: () => Promise<Result>) => {
          await sleep(restMs);
          return act(name, run);
        };
        const primary = await perform('primary killed', async () => {
          const member = await cluster.findMember('leader');
          await member.kill();
          return member;
        });
        primary.start();
        await cluster.isWhole();
        await perform('switchover', () => cluster.switchOver());
        await cluster.isWhole();
        await perform(`primary hangs for ${hangMs / 1_000} s`, async () => {
          const member = await cluster.findMember('leader');
          member.signal('SIGSTOP');
          await sleep(hangMs);
          member.signal('SIGCONT');
        });
        await cluster.isWhole();
        const standby = await perform('synchronous standby hangs', async () => {
          const member = await cluster.findMember('sync_standby');
          member.signal('SIGSTOP');
          await cluster.isReplaced(member);
          return member;
        });
        standby.signal('SIGCONT');
        await cluster.isWhole();
        await sleep(restMs);
      },
    });
    const maxConnections = report.books.nodes.length * (poolSize + 1);
    return { ...report, connections, maxConnections, hasPooler };
  } finally {
    clearInterval(sampler);
    await pooler?.stop();
    await cluster.stop();
  }
}

/** Whether the nodes took no more connections than `DATABASE_POOL_SIZE`, and one each for the poll. */
export function judgeConnections({ connections, maxConnections }: FailoverReport): Verdict {
  return {
    promise: `the nodes take at most ${maxConnections} connections of a server`,
    checked: connections.length,
    broken: connections
      .filter((sample) => sample.connections > maxConnections)
      .map((sample) => `${sample.connections} connections`),
  };
}

async function createDatabase(cluster: PatroniCluster): Promise<void> {
  const client = new Client(cluster.url('postgres'));
  await client.connect();
  try {
    await client.query(`CREATE ROLE weapp LOGIN PASSWORD '${cluster.password}'`);
    await client.query('CREATE DATABASE weapp OWNER weapp');
  } finally {
    await client.end();
  }
}
