import type { EntityManager } from 'typeorm';

/** Follows `merged_into` to the end: a user may be merged into one that is merged later. */
const canonicalUserQuery = `
  WITH RECURSIVE chain AS (
    SELECT id, merged_into FROM users WHERE id = $1
    UNION
    SELECT users.id, users.merged_into FROM users JOIN chain ON users.id = chain.merged_into
  )
  SELECT id FROM chain WHERE merged_into IS NULL`;

/**
 * The id of the user that an id means: the one into which it was merged, or itself.
 *
 * @returns undefined if the id is unknown
 */
export async function resolveCanonicalUserId(
  manager: EntityManager,
  id: string,
): Promise<string | undefined> {
  const [canonical] = await manager.query<{ id: string }[]>(canonicalUserQuery, [id]);
  return canonical?.id;
}

/** The ids of a user: its own, and those of all users merged into it. */
export async function findAllUserIds(manager: EntityManager, userId: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `WITH RECURSIVE same AS (
       SELECT $1::uuid AS id
       UNION
       SELECT users.id FROM users JOIN same ON users.merged_into = same.id
     )
     SELECT id FROM same`,
    [userId],
  );
  return rows.map(({ id }) => id);
}
