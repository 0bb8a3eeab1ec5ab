import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { advisoryLocks } from './advisory-locks.js';
import { setUpConnection, type TablePlace } from './connection-setup.js';
import { findMissingMigrations, listInCurrentSchema } from './missing-migrations.js';
import { takeOverMigrations } from './take-over-migrations.js';

/**
 * Creates the schema if it is missing, and runs the migrations. Any number of nodes may start at once: the first one
 * migrates. The others wait, and find nothing left to do.
 *
 * A separate transaction holds the lock around the whole run, because TypeORM reads the list of executed migrations before
 * it opens a transaction. Migrations have their own connections, because they may take longer than any request may.
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
    // As at most starts: then nodes that start together do not wait for each other.
    const query = <Row>({ text }: { text: string }) => dataSource.query<Row[]>(text);
    const missing = await findMissingMigrations(dataSource, query, listInCurrentSchema);
    if (missing.length === 0) return;
    while (!(await migrateInTurn(dataSource))) await sleep(lockIntervalMs);
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Migrates if this node gets the lock. Otherwise the caller tries again in a new transaction. A transaction that waited in the
 * database would hold a snapshot, and an index that is built concurrently would wait for its end. The isolation is READ
 * COMMITTED, because in any other one the lock itself would hold a snapshot.
 *
 * @returns false if another node has the lock
 */
async function migrateInTurn(dataSource: DataSource): Promise<boolean> {
  return dataSource.transaction('READ COMMITTED', async (holder) => {
    const [lock] = await holder.query<{ taken: boolean }[]>(tryLock);
    if (!lock!.taken) return false;
    await takeOverMigrations(dataSource);
    await runWithRetries(() => dataSource.runMigrations({ transaction: 'each' }));
    return true;
  });
}

/** Has no parameters: the extended protocol would leave a portal open, which holds a snapshot. */
const tryLock = `SELECT pg_try_advisory_xact_lock(${advisoryLocks.migrations.join(', ')}) AS taken`;

/** Milliseconds between two attempts to get the lock of the migrations. */
const lockIntervalMs = 250;

/** Milliseconds between two attempts to get a lock on a table, and the number of attempts. */
const retryIntervalMs = 2_000;
const maxAttempts = 60;

/**
 * Sets a short lock timeout. Call it at the beginning of a migration that changes tables which logins use. A migration that
 * waits for a lock behind a long reader, such as a backup, stops all logins, because they wait behind the migration.
 */
export async function giveUpSoon(runner: QueryRunner): Promise<void> {
  await runner.query(`SET LOCAL lock_timeout = '1s'`);
}

/** Tries again if a statement did not get its lock. */
async function runWithRetries(run: () => Promise<unknown>): Promise<void> {
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
