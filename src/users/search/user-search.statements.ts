import type { UserStatus } from '../user.entity.js';

/** The orders in which users can be listed. A minus sign stands for the newest first. */
export const userSorts = ['-createdAt', 'createdAt', '-lastLoginAt'] as const;
export type UserSort = (typeof userSorts)[number];

/** What users have to be like. */
export interface UserFilter {
  status?: UserStatus;
  /** Has an identity in this mini-program. */
  appid?: string;
  hasPhone?: boolean;
  /** ISO 8601 with a zone; that very moment included. */
  createdFrom?: string;
  /** ISO 8601 with a zone; that very moment excluded. */
  createdTo?: string;
}

/** A page: where it begins in which order, and its length. */
export interface PageBounds {
  sort: UserSort;
  after?: { place: string; id: string };
  length: number;
}

/** Whom a `q` may mean: users found by an exact match, and those whose nickname fits a LIKE pattern. */
export interface NameMatch {
  ids: string[];
  pattern: string;
}

export interface Statement {
  text: string;
  values: unknown[];
}

/** A user as the search reads one. */
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

/** A row of `gatherStatement`: nobody's where all who were gathered are filtered out. */
export type GatheredRow = { matches: number } & (FoundUser | { id: null });

/** As many users of one nickname are gathered and sorted; more are met by walking along the order. */
export const maxGathered = 10_000;

/** Expressions as the indexes have them, to the letter. */
const lastLogin = `coalesce(last_login_at, '-infinity'::timestamptz)`;
const sorts: Record<UserSort, { place: string; direction: 'ASC' | 'DESC' }> = {
  '-createdAt': { place: 'created_at', direction: 'DESC' },
  createdAt: { place: 'created_at', direction: 'ASC' },
  '-lastLoginAt': { place: lastLogin, direction: 'DESC' },
};

/** Where a user stands in an order, for the page after them. */
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

/**
 * Ids of those whom a text names exactly: one look-up in an index each.
 *
 * No index has the openids of all apps together. But there are few apps: their appids are read off the index of
 * (appid, openid), one step each, configured or not.
 */
export function exactStatement(text: string, userId: string | null, phoneIndexes: Buffer[]): Statement {
  return {
    text: `
      WITH RECURSIVE apps (appid) AS (
        SELECT min(appid) FROM identities
        UNION ALL
        SELECT (SELECT min(appid) FROM identities WHERE appid > apps.appid) FROM apps WHERE appid IS NOT NULL
      )
      SELECT identities.user_id AS id FROM apps JOIN identities USING (appid) WHERE openid = $1::text
      UNION SELECT user_id FROM unionids WHERE unionid = $1
      UNION SELECT id FROM users WHERE external_id = $1
      UNION SELECT id FROM users WHERE id = $2::uuid
      UNION SELECT id FROM users WHERE phone_index = ANY ($3::bytea[])`,
    values: [text, userId, phoneIndexes],
  };
}

/**
 * Before a `walkStatement` for a name that turned out to be more common than the planner thinks: leaves it no other
 * way than along the index of the order.
 */
export const walkOnlyStatement: Statement = {
  text: `SELECT set_config('enable_sort', 'off', true)`,
  values: [],
};

/** A page met by walking along the index of its order, or however else the planner prefers. */
export function walkStatement(filter: UserFilter, bounds: PageBounds, name?: NameMatch): Statement {
  const values = new Values();
  const conditions = conditionsOf(withoutImplied(filter, bounds), name, values);
  return { text: page('users', conditions, bounds, values), values: values.values };
}

/**
 * A page of people found by name, all of whom are gathered first: what the planner guesses of a rare text is often
 * a thousand times too much, so that it would walk past everybody to find one. Every row has `matches`, how many
 * were gathered: if more than `mostGathered`, some are missing. The join has one row on its left, so that the page
 * keeps its order.
 */
export function gatherStatement(
  filter: UserFilter,
  bounds: PageBounds,
  { ids, pattern }: NameMatch,
): Statement {
  const values = new Values();
  const known = `${values.add(ids)}::uuid[]`;
  // In the order of the index, which makes sure that it is read, and no further than it has to be.
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

/** For the planner alone: its guess of how many users fit. */
export function estimateStatement(filter: UserFilter, name?: NameMatch): Statement {
  const values = new Values();
  return {
    text: `EXPLAIN (FORMAT JSON) SELECT FROM users AS person ${where(conditionsOf(filter, name, values))}`,
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
      ARRAY(SELECT DISTINCT appid FROM identities WHERE user_id = person.id ORDER BY appid) AS appids
    FROM (
      SELECT * FROM ${source} AS person
      ${where([...conditions, ...rest])}
      ORDER BY ${order}
      LIMIT ${values.add(length)}
    ) AS person
    ORDER BY ${order}`;
}

/**
 * The filter without what the end of the last page implies. Given two places to start from, Postgres may take the
 * one at the beginning of the first page, and walk past all pages in between.
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
      `EXISTS (SELECT FROM identities WHERE user_id = person.id AND appid = ${values.add(appid)})`,
    );
  }
  return conditions;
}
