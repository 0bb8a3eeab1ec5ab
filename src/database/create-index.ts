import type { QueryRunner } from 'typeorm';

/**
 * Builds an index on a table that may be large, while users log in: for migrations with `transaction = false`. An earlier
 * attempt that was interrupted has left an invalid index, which is dropped first.
 *
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
export async function createIndex(runner: QueryRunner, name: string, definition: string): Promise<void> {
  await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  await runner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
}
