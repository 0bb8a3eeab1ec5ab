import { timingSafeEqual } from 'node:crypto';
import { database } from './database.js';
import { keyedHash } from './keys.js';
import { unsealPhone } from './responses.js';
import type { Claims } from './tokens.js';

/** The searches of the benchmark: by the time of creation, newest first. */
export interface Search {
  q?: string;
  sort: string;
  limit: number;
  cursor?: string;
}

interface FoundRow {
  id: string;
  nickname: string | null;
  avatarKey: string | null;
  phoneSealed: string | null;
  status: string;
  roles: string[];
  externalId: string | null;
  createdAt: Date;
  lastLoginAt: Date | null;
  mergedInto: string | null;
  appids: string[];
}

const page = (source: string, condition: string) => `
  SELECT
    id, nickname, avatar_key AS "avatarKey", phone_sealed AS "phoneSealed", status, roles, external_id AS "externalId",
    created_at AS "createdAt", last_login_at AS "lastLoginAt", merged_into AS "mergedInto",
    ARRAY(SELECT DISTINCT appid FROM identities WHERE user_id = person.id ORDER BY appid) AS appids
  FROM (SELECT * FROM ${source} WHERE ${condition} ORDER BY created_at DESC, id DESC LIMIT $1) AS person
  ORDER BY created_at DESC, id DESC`;

/** Those who fit are few: they are found first and sorted then. */
const pageOfFew = (condition: string) => `
  WITH found AS MATERIALIZED (SELECT * FROM users WHERE ${condition} LIMIT 10000) ${page('found', 'true')}`;

const statements = {
  first: { name: 'first-page', text: page('users', 'true') },
  later: { name: 'later-page', text: page('users', '(created_at, id) < ($2::timestamptz, $3::uuid)') },
  phone: { name: 'by-phone', text: pageOfFew('phone_index = $2::bytea') },
  nickname: { name: 'by-nickname', text: pageOfFew('lower(nickname) LIKE lower($2)') },
};

const estimateStatement = {
  name: 'estimate',
  text: `SELECT reltuples::integer AS total FROM pg_class WHERE oid = 'users'::regclass`,
};

const auditStatement = {
  name: 'audit',
  text: `
    INSERT INTO audit_events (action, actor, actor_id, ip, details)
    VALUES ('users.searched', 'person', $1, $2, $3)`,
};

/** POST /admin/users/search. Undefined if the cursor is of another search. */
export async function search({ sub }: Claims, ip: string, asked: Search): Promise<object | undefined> {
  const position = asked.cursor === undefined ? [] : readCursor(asked);
  if (position === undefined) return undefined;
  const { statement, values } = statementFor(asked, position);
  const { rows } = await database.query<FoundRow>({ ...statement, values: [asked.limit + 1, ...values] });
  const details = { q: asked.q === undefined ? null : keyedHash('search-cursor', asked.q).toString('hex') };
  await database.query({ ...auditStatement, values: [sub, ip, { ...details, found: rows.length }] });
  const estimate = asked.q === undefined ? await readTotal() : rows.length;

  const shown = rows.slice(0, asked.limit);
  const last = rows.length > asked.limit ? shown.at(-1)! : undefined;
  return {
    items: shown.map(({ avatarKey: _avatarKey, phoneSealed, ...row }) => ({
      ...row,
      avatarUrl: null,
      phone: unsealPhone({ id: row.id, phoneSealed }),
    })),
    nextCursor: last === undefined ? null : writeCursor(asked, last),
    estimatedTotal: estimate,
  };
}

function statementFor(
  { q }: Search,
  position: string[],
): { statement: { name: string; text: string }; values: unknown[] } {
  if (q === undefined) {
    return { statement: position.length > 0 ? statements.later : statements.first, values: position };
  }
  if (/^\+\d+$/.test(q)) return { statement: statements.phone, values: [keyedHash('phone-index', q)] };
  return { statement: statements.nickname, values: [`%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`] };
}

async function readTotal(): Promise<number> {
  const { rows } = await database.query<{ total: number }>(estimateStatement);
  return rows[0]!.total;
}

function writeCursor(asked: Search, { createdAt, id }: FoundRow): string {
  const place = createdAt.toISOString();
  const mac = hashCursor(asked, place, id).toString('base64url');
  return Buffer.from(JSON.stringify([place, id, mac])).toString('base64url');
}

function readCursor(asked: Search): string[] | undefined {
  const parts = JSON.parse(Buffer.from(asked.cursor!, 'base64url').toString()) as [string, string, string];
  const [place, id, mac] = parts;
  const expected = hashCursor(asked, place, id);
  return timingSafeEqual(Buffer.from(mac, 'base64url'), expected) ? [place, id] : undefined;
}

function hashCursor({ q, sort }: Search, place: string, id: string): Buffer {
  return keyedHash('search-cursor', JSON.stringify([q, null, null, null, null, null, sort]), place, id);
}
