import { DataSource, type DataSourceOptions } from 'typeorm';
import { advisoryLocks, takeAdvisoryLock } from './advisory-locks.js';
import { onConnect } from './data-source-options.js';

/**
 * Brings the schema up to date. Any number of nodes may start at once: the first migrates, the others wait and
 * then find nothing left to do.
 *
 * The lock is held in a transaction of its own around the whole run, because TypeORM reads the list of executed
 * migrations before it opens a transaction. Connections of their own, since a migration may take longer than
 * any request may.
 */
export async function migrate(options: DataSourceOptions): Promise<void> {
  const dataSource = await new DataSource({
    ...options,
    poolSize: 2,
    extra: { onConnect },
  } as DataSourceOptions).initialize();
  try {
    await dataSource.transaction(async (holder) => {
      await holder.query(takeAdvisoryLock, [...advisoryLocks.migrations]);
      await dataSource.runMigrations({ transaction: 'each' });
    });
  } finally {
    await dataSource.destroy();
  }
}
