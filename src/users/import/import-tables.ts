import type { PoolClient, QueryResultRow } from 'pg';
import type { KnownPeople } from './import-plan.js';

/**
 * Staged lines are dropped with their transaction. The key, number and digest of all lines of the run are kept in temporary
 * tables, to find a user that is in the file twice.
 */
export async function createStagingTables(client: PoolClient): Promise<void> {
  await client.query(`SET temp_buffers = '32MB'`);
  await client.query(`
    CREATE TEMPORARY TABLE import_lines (
      number integer, appid text, openid text, unionid text, external_id text, digest bytea
    ) ON COMMIT DELETE ROWS`);
  await client.query(`
    CREATE TEMPORARY TABLE import_seen (
      appid text, openid text, number integer, digest bytea, PRIMARY KEY (appid, openid)
    )`);
}

/** The staged lines whose user was in an earlier batch of this run, with the digest of the values. */
export async function findSeen(client: PoolClient): Promise<Map<string, { number: number; digest: string }>> {
  // Each line is looked up by index, however large the tables are and whatever their statistics say.
  await client.query('SET LOCAL enable_hashjoin = off');
  await client.query('SET LOCAL enable_mergejoin = off');
  const rows = await rowsOf<{ key: string; number: number; digest: string }>(
    client,
    `SELECT DISTINCT appid || ' ' || openid AS key, import_seen.number,
       encode(import_seen.digest, 'hex') AS digest
     FROM import_lines JOIN import_seen USING (appid, openid)`,
  );
  return new Map(rows.map(({ key, ...first }) => [key, first]));
}

/** For the batches after this one. Refused lines do not count. */
export async function rememberSeen(client: PoolClient, numbers: number[]): Promise<void> {
  await client.query(
    `INSERT INTO import_seen
     SELECT appid, openid, number, digest FROM import_lines WHERE number = ANY ($1::integer[])`,
    [numbers],
  );
}

/** Locks the unionids first: the users that they lead to stay the same until the batch is written. */
export async function findKnown(client: PoolClient): Promise<KnownPeople> {
  const owners = await rowsOf<KnownPeople['owners'][number]>(
    client,
    `SELECT unionids.unionid, unionids.user_id AS "userId"
     FROM import_lines JOIN unionids ON unionids.unionid = import_lines.unionid
     ORDER BY unionids.unionid
     FOR SHARE OF unionids`,
  );
  const identities = await rowsOf<KnownPeople['identities'][number]>(
    client,
    `SELECT appid, openid, identities.user_id AS "userId", identities.unionid
     FROM import_lines JOIN identities USING (appid, openid)
     UNION
     SELECT identities.appid, identities.openid, identities.user_id, identities.unionid
     FROM import_lines
     JOIN unionids USING (unionid)
     JOIN identities ON identities.user_id = unionids.user_id
     UNION
     SELECT theirs.appid, theirs.openid, theirs.user_id, theirs.unionid
     FROM import_lines
     JOIN identities USING (appid, openid)
     JOIN identities AS theirs ON theirs.user_id = identities.user_id`,
  );
  const users = await rowsOf<KnownPeople['users'][number]>(
    client,
    `SELECT id, status, external_id AS "externalId", nickname, phone_sealed IS NOT NULL AS "hasPhone"
     FROM users
     WHERE id = ANY ($1)
     UNION
     SELECT id, status, users.external_id, nickname, phone_sealed IS NOT NULL
     FROM import_lines JOIN users ON users.external_id = import_lines.external_id
     WHERE users.external_id IS NOT NULL`,
    [[...new Set([...owners, ...identities].map(({ userId }) => userId))]],
  );
  return { owners, identities, users };
}

/**
 * Whether a user that was given an identity now has two in that mini-program. Linking and merging lock the user, and the
 * insert of the identity waits for that lock. So this sees what they have added, and they check what they add later.
 */
export async function hasSecondOpenid(
  client: PoolClient,
  userIds: string[],
  appids: string[],
): Promise<boolean> {
  const [row] = await rowsOf(
    client,
    `SELECT FROM unnest($1::uuid[], $2::text[]) AS given (user_id, appid)
     JOIN identities USING (user_id, appid)
     GROUP BY user_id, appid
     HAVING count(*) > 1
     LIMIT 1`,
    [userIds, appids],
  );
  return row !== undefined;
}

/** In the order of the columns that `userColumns` of the import makes. */
export const insertUsers = `
  INSERT INTO users (id, external_id, nickname, phone_sealed, phone_index, created_at)
  SELECT id, external_id, nickname, phone_sealed, phone_index, coalesce(created_at, now())
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
    AS given (id, external_id, nickname, phone_sealed, phone_index, created_at)
  ON CONFLICT DO NOTHING`;

/** Skips unionids that a concurrent sign-in has inserted. */
export const insertUnionids = `
  INSERT INTO unionids (unionid, user_id)
  SELECT * FROM unnest($1::text[], $2::uuid[])
  ON CONFLICT DO NOTHING`;

/** Skips identities that a concurrent sign-in has inserted. */
export const insertIdentities = `
  INSERT INTO identities (id, appid, openid, user_id, unionid)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[])
  ON CONFLICT DO NOTHING`;

/** Only if the identity has none, and still belongs to this user: what WeChat has sent since then stays. */
export const learnUnionids = `
  UPDATE identities
  SET unionid = given.unionid
  FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) AS given (appid, openid, unionid, user_id)
  WHERE identities.appid = given.appid AND identities.openid = given.openid
    AND identities.user_id = given.user_id AND identities.unionid IS NULL`;

/** Keeps values that the user has written since they were read. */
export const fillUsers = `
  UPDATE users
  SET external_id = coalesce(users.external_id, given.external_id),
    nickname = coalesce(users.nickname, given.nickname),
    phone_sealed = CASE WHEN users.phone_sealed IS NULL THEN given.phone_sealed ELSE users.phone_sealed END,
    phone_index = CASE WHEN users.phone_sealed IS NULL THEN given.phone_index ELSE users.phone_index END
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
    AS given (id, external_id, nickname, phone_sealed, phone_index, created_at)
  WHERE users.id = given.id AND users.status = 'active'`;

async function rowsOf<Row extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>(text, values)).rows;
}

/** As COPY's text format has it; no value holds a tab or a line break. */
export function escapeField(field: string | null): string {
  return field === null ? String.raw`\N` : field.replaceAll('\\', String.raw`\\`);
}
