import type { EntityManager } from 'typeorm';

/** Rows per batch of a job. */
export const batchSize = 1_000;

/** The rows that a walk reads, and those that it deletes. */
interface Walk {
  /** The last id that the walk has read; at the beginning, an id that sorts before all others. */
  after: string;
  /** The id at which it ends; if it is left out, the end of the table. */
  before?: string;
  /** SQL: the condition of the rows to delete. */
  isOutdated: string;
}

/**
 * Reads the next thousand rows of a table in the order of their ids, and deletes the outdated ones: for conditions without
 * an index. It reads a range of the primary key, whatever statistics the planner has.
 *
 * @returns the id to continue from; undefined at the end of the walk
 */
export async function deleteOutdated(
  manager: EntityManager,
  table: string,
  { after, before, isOutdated }: Walk,
): Promise<string | undefined> {
  const [last] = await manager.query<{ id: string }[]>(
    `
    WITH visited AS MATERIALIZED (
      SELECT id, ${isOutdated} AS is_outdated
      FROM ${table}
      WHERE id > $1 ${before === undefined ? '' : 'AND id < $2'}
      ORDER BY id
      LIMIT ${batchSize}
    ), deleted AS (
      DELETE FROM ${table} WHERE id = ANY (ARRAY(SELECT id FROM visited WHERE is_outdated))
    )
    SELECT id FROM visited ORDER BY id OFFSET ${batchSize - 1}`,
    before === undefined ? [after] : [after, before],
  );
  return last?.id;
}
