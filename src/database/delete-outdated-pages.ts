import type { EntityManager } from 'typeorm';

/** Pages of 8 kB for one batch, some 90 codes on each. */
const pagesPerBatch = 128;

/**
 * Looks at the next pages of a table, and deletes what is older than ten minutes: for tables in which a thousand rows may
 * arrive in a second under keys that are hashes. An index on their time would cost each insert more than this costs all of
 * them.
 *
 * @param firstPage 0, or what the call before has returned
 * @returns the page to go on from; undefined at the end of the table
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
