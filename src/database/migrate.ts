import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { advisoryLocks } from './advisory-locks.js';
import { setUpConnection, type TablePlace } from './connection-setup.js';
import { migrationsTable } from './data-source-options.js';
import { takeOverMigrations } from './take-over-migrations.js';

/**
 * Brings the schema up to date, and makes it if there is none. Any number of nodes may start at once: the first migrates, the others wait and
 * then find nothing left to do.
 *
 * The lock is held in a transaction of its own around the whole run, because TypeORM reads the list of executed
 * migrations before it opens a transaction. Connections of their own, since a migration may take longer than
 * any request may.
 */
export async function migrate(options: DataSourceOptions): Promise<void> {
  const { place } = options.extra as { place: TablePlace };
  const dataSource = await new DataSource({
    ...options,
    poolSize: 2,
    extra: {
      onConnect: (client: PoolClient) => setUpConnection(client, { ...place, makesSchema: true }),
    },
  } as DataSourceOptions).initialize();
  try {
    if (await isMigrated(dataSource)) return;
    while (!(await migrateInTurn(dataSource))) await sleep(turnPause);
  } finally {
    await dataSource.destroy();
  }
}

/** Whether all migrations have run, as at most starts: nodes that start together need not wait for each other then. */
async function isMigrated(dataSource: DataSource): Promise<boolean> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT to_regclass(quote_ident(current_schema()) || '.${migrationsTable}') IS NOT NULL AS exists`,
  );
  if (!table!.exists) return false;
  const executed = await dataSource.query<{ name: string }[]>(`SELECT name FROM ${migrationsTable}`);
  return dataSource.migrations.every(({ name }) => executed.some((row) => row.name === name));
}

/**
 * Whoever is not first asks again, each time in a new transaction: one that waited in the database would hold a snapshot,
 * for whose end an index waits that is built concurrently. Read committed, since in any other isolation the lock itself
 * would hold one.
 *
 * @returns false where another node is at it
 */
async function migrateInTurn(dataSource: DataSource): Promise<boolean> {
  return dataSource.transaction('READ COMMITTED', async (holder) => {
    const [lock] = await holder.query<{ taken: boolean }[]>(tryLock);
    if (!lock!.taken) return false;
    await takeOverMigrations(dataSource);
    await runPatiently(() => dataSource.runMigrations({ transaction: 'each' }));
    return true;
  });
}

/** Without parameters: the extended protocol would leave a portal open, and with it a snapshot. */
const tryLock = `SELECT pg_try_advisory_xact_lock(${advisoryLocks.migrations.join(', ')}) AS taken`;

/** Milliseconds between two attempts to be the one that migrates. */
const turnPause = 250;

/** Milliseconds between two attempts to get a lock on a table, and how many of them there are. */
const retryIntervalMs = 2_000;
const maxAttempts = 60;

/**
 * To begin a migration with that changes tables which logins use. Its wait for a lock would stop them all: behind a
 * long reader, such as a backup, everybody else waits for whoever waits there first.
 */
export async function giveUpSoon(runner: QueryRunner): Promise<void> {
  await runner.query(`SET LOCAL lock_timeout = '1s'`);
}

/** Tries again what did not get its lock. */
async function runPatiently(run: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run();
      return;
    } catch (error) {
      // SQLSTATE lock_not_available
      if ((error as { code?: unknown }).code !== '55P03' || attempt === maxAttempts) throw error;
      await sleep(retryIntervalMs);
    }
  }
}
