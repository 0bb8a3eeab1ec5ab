import { createHash } from 'node:crypto';
import type { UserStatus } from '../user.entity.js';

/** The orders in which users can be listed. A minus sign means: the newest first. */
export const userSorts = ['-createdAt', 'createdAt', '-lastLoginAt'] as const;
export type UserSort = (typeof userSorts)[number];

/** Conditions that users must meet. */
export interface UserFilter {
  status?: UserStatus;
  /** Has an identity in this mini-program. */
  appid?: string;
  hasPhone?: boolean;
  /** ISO 8601 with a zone; inclusive. */
  createdFrom?: string;
  /** ISO 8601 with a zone; exclusive. */
  createdTo?: string;
}

/** A page: its order, its beginning and its length. */
export interface PageBounds {
  sort: UserSort;
  after?: { place: string; id: string };
  length: number;
}

/** What a `q` matches: users by an exact match, and users whose nickname fits a LIKE pattern. */
export interface NameMatch {
  ids: string[];
  pattern: string;
}

export interface Statement {
  text: string;
  values: unknown[];
}

/** A statement whose best plan does not depend on its values. */
export interface PlannedStatement extends Statement {
  name: string;
}

/** A user as the search reads it. */
export interface FoundUser {
  id: string;
  nickname: string | null;
  avatarKey: string | null;
  phoneSealed: string | null;
  status: UserStatus;
  roles: string[];
  externalId: string | null;
  createdAt: Date;
  lastLoginAt: Date | null;
  mergedInto: string | null;
  mergePendingWith: string | null;
  appids: string[];
}

/** A row of `gatherStatement`. The id is null if the filter leaves no user. */
export type GatheredRow = { matches: number } & (FoundUser | { id: null });

/** Up to this many users with a nickname are gathered and sorted. If there are more, the search walks along the order. */
export const maxGathered = 10_000;

/** The expressions of the indexes, character for character. */
const lastLogin = `coalesce(last_login_at, '-infinity'::timestamptz)`;
const sorts: Record<UserSort, { place: string; direction: 'ASC' | 'DESC' }> = {
  '-createdAt': { place: 'created_at', direction: 'DESC' },
  createdAt: { place: 'created_at', direction: 'ASC' },
  '-lastLoginAt': { place: lastLogin, direction: 'DESC' },
};

/** The place of a user in an order: the next page begins after it. */
export function placeOf({ createdAt, lastLoginAt }: FoundUser, sort: UserSort): string {
  return sort === '-lastLoginAt' ? (lastLoginAt?.toISOString() ?? '-infinity') : createdAt.toISOString();
}

/** A LIKE pattern for names that begin with a text or, from three characters on, have it anywhere. */
export function nicknamePattern(text: string): string {
  const literal = text.replaceAll(/[\\%_]/g, String.raw`\$&`);
  return isSearchedAnywhere(text) ? `%${literal}%` : `${literal}%`;
}

/** Shorter texts have no trigram. Characters are code points, as Postgres counts them. */
function isSearchedAnywhere(text: string): boolean {
  return Array.from(text).length >= 3;
}

/** Collects the values of a statement while its text is being written. */
class Values {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** What a text matches exactly, and the page of those users. The id is null if there is none, or the filter leaves none. */
export type ExactRow = {
  ids: string[];
  isCertain: boolean;
  total: number | null;
} & (FoundUser | { id: null });

/** A row of a `plainStatement`. */
export type PlainRow = FoundUser & { total: number | null };

/**
 * The number of users, as the planner estimates it: the density that the last ANALYZE found, times the present size. Null
 * before the first one.
 */
const total = `
  (
    SELECT CASE WHEN reltuples > 0 AND relpages > 0
      THEN round(reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::integer))
    END
    FROM pg_class WHERE oid = 'users'::regclass
  )`;

/**
 * The users that a text matches exactly: one index look-up per kind of id. It is certain that no other user is meant if the
 * text is an id of this service or of WeChat, or a phone number. An external id may be a nickname as well.
 *
 * No index has the openids of all apps together. But there are few apps: the statement reads their appids from the index
 * on (appid, openid), one step each, configured or not.
 */
export function exactStatement(
  text: string,
  { userId, phoneIndexes }: { userId: string | null; phoneIndexes: Buffer[] },
  filter: UserFilter,
  bounds: PageBounds,
): PlannedStatement {
  const values = new Values();
  const [given, id, phones] = [text, userId, phoneIndexes].map((value) => values.add(value));
  return planOnce(
    `
      WITH RECURSIVE apps (appid) AS (
        SELECT min(appid) FROM identities
        UNION ALL
        SELECT (SELECT min(appid) FROM identities WHERE appid > apps.appid) FROM apps WHERE appid IS NOT NULL
      ), exact (id, is_certain) AS MATERIALIZED (
        SELECT identities.user_id, true FROM apps JOIN identities USING (appid) WHERE openid = ${given}::text
        UNION SELECT user_id, true FROM unionids WHERE unionid = ${given}
        UNION SELECT id, true FROM users WHERE id = ${id}::uuid
        UNION SELECT id, true FROM users WHERE phone_index = ANY (${phones}::bytea[])
        UNION SELECT id, false FROM users WHERE external_id = ${given}
      ), found AS MATERIALIZED (
        SELECT * FROM users WHERE id = ANY (ARRAY(SELECT id FROM exact))
      )
      SELECT matched.*, ${total} AS total, page.*
      FROM (
        SELECT coalesce(array_agg(DISTINCT id), '{}') AS ids, coalesce(bool_or(is_certain), false) AS "isCertain" FROM exact
      ) AS matched
      LEFT JOIN LATERAL (${page('found', filterConditions(filter, values), bounds, values)}) AS page ON true`,
    values,
  );
}

/** A page of all users, along the index of its order. */
export function plainStatement(bounds: PageBounds): PlannedStatement {
  const values = new Values();
  return planOnce(
    `SELECT page.*, ${total} AS total FROM (${page('users', [], bounds, values)}) AS page`,
    values,
  );
}

/**
 * Runs before a `walkStatement` for a name that is more common than the planner estimates. Forces the planner to walk
 * along the index of the order.
 */
export const walkOnlyStatement: Statement = {
  text: `SELECT set_config('enable_sort', 'off', true)`,
  values: [],
};

/** There is one text for each kind of page and filter: a few dozen. */
function planOnce(text: string, { values }: Values): PlannedStatement {
  return { name: `search-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`, text, values };
}

/** A page, read along the index of its order, or as the planner prefers. */
export function walkStatement(filter: UserFilter, bounds: PageBounds, name?: NameMatch): Statement {
  const values = new Values();
  const conditions = conditionsOf(withoutImplied(filter, bounds), name, values);
  return { text: page('users', conditions, bounds, values), values: values.values };
}

/**
 * A page of users found by name, all of which are gathered first. The planner often overestimates a rare text a
 * thousandfold, and would walk past all users to find one. Every row has `matches`, the number of gathered users: if it
 * is more than `maxGathered`, some are missing. The join has one row on its left, so the page keeps its order.
 */
export function gatherStatement(
  filter: UserFilter,
  bounds: PageBounds,
  { ids, pattern }: NameMatch,
): Statement {
  const values = new Values();
  const known = `${values.add(ids)}::uuid[]`;
  // The order of the index makes Postgres use the index, and read no more of it than necessary.
  const order = pattern.startsWith('%') ? '' : 'ORDER BY lower(nickname) USING ~<~';
  const found = `
    SELECT * FROM users WHERE id = ANY (${known})
    UNION ALL
    (
      SELECT * FROM users
      WHERE lower(nickname) LIKE lower(${values.add(pattern)}::text) AND NOT id = ANY (${known})
      ${order}
      LIMIT ${maxGathered + 1}
    )`;
  return {
    text: `
      WITH found AS MATERIALIZED (${found})
      SELECT counted.matches, page.*
      FROM (SELECT count(*)::integer AS matches FROM found) AS counted
      LEFT JOIN LATERAL (${page('found', filterConditions(filter, values), bounds, values)}) AS page ON true`,
    values: values.values,
  };
}

/** Is only planned, not run: the planner's estimate of the number of users. */
export function estimateStatement(filter: UserFilter, name?: NameMatch): Statement {
  const values = new Values();
  return {
    text: `EXPLAIN (FORMAT JSON) SELECT FROM users ${where(conditionsOf(filter, name, values))}`,
    values: values.values,
  };
}

function page(
  source: 'users' | 'found',
  conditions: string[],
  { sort, after, length }: PageBounds,
  values: Values,
): string {
  const { place, direction } = sorts[sort];
  const order = `${place} ${direction}, id ${direction}`;
  const beyond = direction === 'ASC' ? '>' : '<';
  const rest =
    after === undefined
      ? []
      : [`(${place}, id) ${beyond} (${values.add(after.place)}::timestamptz, ${values.add(after.id)}::uuid)`];
  return `
    SELECT
      id, nickname, avatar_key AS "avatarKey", phone_sealed AS "phoneSealed", status, roles, external_id AS "externalId",
      created_at AS "createdAt", last_login_at AS "lastLoginAt", merged_into AS "mergedInto",
      merge_pending_with AS "mergePendingWith",
      ARRAY(SELECT DISTINCT appid FROM identities WHERE user_id = users.id ORDER BY appid) AS appids
    FROM (
      SELECT * FROM ${source} AS users
      ${where([...conditions, ...rest])}
      ORDER BY ${order}
      LIMIT ${values.add(length)}
    ) AS users
    ORDER BY ${order}`;
}

/**
 * The filter without the condition that the end of the last page implies. With both conditions, Postgres may start at the
 * beginning of the first page, and walk past all pages in between.
 */
function withoutImplied(filter: UserFilter, { sort, after }: PageBounds): UserFilter {
  if (after === undefined) return filter;
  if (sort === 'createdAt') return { ...filter, createdFrom: undefined };
  if (sort === '-createdAt') return { ...filter, createdTo: undefined };
  return filter;
}

function where(conditions: string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

function conditionsOf(filter: UserFilter, name: NameMatch | undefined, values: Values): string[] {
  const conditions = filterConditions(filter, values);
  return name === undefined ? conditions : [...conditions, nameCondition(name, values)];
}

function nameCondition({ ids, pattern }: NameMatch, values: Values): string {
  const nickname = `lower(nickname) LIKE lower(${values.add(pattern)}::text)`;
  return ids.length === 0 ? nickname : `(${nickname} OR id = ANY (${values.add(ids)}::uuid[]))`;
}

function filterConditions(
  { status, appid, hasPhone, createdFrom, createdTo }: UserFilter,
  values: Values,
): string[] {
  const conditions: string[] = [];
  if (status !== undefined) conditions.push(`status = ${values.add(status)}`);
  if (hasPhone !== undefined) conditions.push(`phone_index IS ${hasPhone ? 'NOT NULL' : 'NULL'}`);
  if (createdFrom !== undefined) conditions.push(`created_at >= ${values.add(createdFrom)}`);
  if (createdTo !== undefined) conditions.push(`created_at < ${values.add(createdTo)}`);
  if (appid !== undefined) {
    conditions.push(
      `EXISTS (SELECT FROM identities WHERE user_id = users.id AND appid = ${values.add(appid)})`,
    );
  }
  return conditions;
}
