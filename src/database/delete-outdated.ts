import type { EntityManager } from 'typeorm';

/** Rows that a batch of a job is about. */
export const batchSize = 1_000;

/** What a walk passes, and what it takes out. */
interface Walk {
  /** Where the walk has come to, which is not looked at again; at first what sorts before all ids. */
  after: string;
  /** Where it turns back; left out, at the table's end. */
  before?: string;
  /** SQL: which rows are to go. */
  isOutdated: string;
}

/**
 * Looks at the next thousand rows of a table in the order of their ids, and deletes those that are out of date: for
 * conditions that no index serves. Reads a stretch of the primary key, whatever the planner knows of the table.
 *
 * @returns the id to go on from; undefined where the walk has come to its end
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
