import type { EntityManager } from 'typeorm';

/** Pages of 8 kB for one batch, some 90 codes on each. */
const pagesPerBatch = 128;

/**
 * Reads the next pages of a table, and deletes the rows that are older than ten minutes: for tables with hashes as keys and up
 * to a thousand inserts per second. An index on the time would cost more in each insert than this read costs in total.
 *
 * @param firstPage 0, or the result of the previous call
 * @returns the page to continue from; undefined at the end of the table
 */
export async function deleteOutdatedPages(
  manager: EntityManager,
  tableName: string,
  firstPage: number,
): Promise<number | undefined> {
  const next = firstPage + pagesPerBatch;
  const [table] = await manager.query<{ goesOn: boolean }[]>(
    `
    WITH deleted AS (
      DELETE FROM ${tableName}
      WHERE ctid >= $1 AND ctid < $2 AND created_at < now() - interval '10 minutes'
    )
    SELECT pg_relation_size('${tableName}') > $3::bigint * current_setting('block_size')::integer AS "goesOn"`,
    [`(${firstPage},0)`, `(${next},0)`, next],
  );
  return table?.goesOn === true ? next : undefined;
}
