import type { Client } from 'pg';
import type { Books, Failure } from './books.js';
import type { KnownSession, Person } from './person.js';
import type { Trouble, TroubleWatch } from './trouble-watch.js';

/** Something that was done to the deployment, by `performance.now()`. */
export interface Act {
  name: string;
  from: number;
  /** When everything was well again. */
  to: number;
}

/** A promise, and whether it was kept. */
export interface Verdict {
  promise: string;
  checked: number;
  /** Each broken one, in words. */
  broken: string[];
}

/** The name of the database among the subjects of the watch. */
export const databaseSubject = 'database';
/** The name of a timer of this process among them: if it is late, nobody on this machine got on. */
export const clockSubject = 'clock';

/** Sessions that one statement looks for. */
const batchSize = 5_000;
const millisecond = 1;

/** What the database says about a session. */
interface SessionRow {
  id: string;
  /** The user it belongs to, after all merges. */
  userId: string;
  goesOn: boolean;
}

/** Compares what the clients know with what the database has, and looks for the reason of each failure. */
export async function auditBooks(
  books: Books,
  client: Client,
  watch: TroubleWatch,
  acts: Act[],
  /** `REVOCATION_MAX_STALENESS`, in milliseconds. */
  maxStalenessMs: number,
): Promise<Verdict[]> {
  const sessions = books.persons.flatMap((person) => person.sessions);
  const rows = await readSessions(client, sessions);
  const primaries = await readPrimaries(client);
  const primaryOf = (userId: string) => primaries.get(userId) ?? userId;
  const isOf = ({ userId }: KnownSession, row: SessionRow) => row.userId === primaryOf(userId);
  const inState = (state: KnownSession['state']) => sessions.filter((session) => session.state === state);
  const lost = sessions.filter((session) => {
    const row = rows.get(session.id);
    return row === undefined || !isOf(session, row);
  });
  const explain = (failure: Failure) => explanationOf(failure, watch) !== undefined;
  return [
    {
      promise: 'acknowledged logins are there',
      checked: sessions.length,
      broken: lost.map(({ id }) => `session ${id}`),
    },
    {
      promise: 'sessions go on that nobody has ended',
      checked: inState('open').length,
      broken: inState('open')
        .filter(({ id }) => rows.get(id)?.goesOn === false)
        .map(({ id }) => `session ${id}`),
    },
    {
      promise: 'ended sessions have ended',
      checked: inState('ended').length,
      broken: inState('ended')
        .filter(({ id }) => rows.get(id)?.goesOn === true)
        .map(({ id }) => `session ${id}`),
    },
    {
      promise: 'no token is accepted a second after its end',
      checked: books.refusedTokens,
      broken: books.lateAcceptances
        .filter(({ node, acknowledgedAt, sentAt }) => {
          const isAllowed =
            sentAt - acknowledgedAt <= maxStalenessMs && isAway(watch, node, acknowledgedAt, sentAt);
          return !isAllowed;
        })
        .map(
          ({ node, acknowledgedAt, sentAt }) => `${node}, after ${Math.round(sentAt - acknowledgedAt)} ms`,
        ),
    },
    {
      promise: 'a person is one user',
      checked: books.persons.length,
      broken: [
        ...books.persons.filter((person) => usersOf(person, primaryOf).size > 1).map(({ name }) => name),
        ...(await findDuplicates(client)),
      ],
    },
    {
      promise: 'failures have a reason',
      checked: books.allAnswered + books.failures.length,
      broken: books.failures
        .filter((failure) => !explain(failure))
        .map((failure) => describeFailure(failure, watch)),
    },
    {
      promise: 'other answers are right',
      checked: books.allAnswered,
      broken: books.wrongAnswers,
    },
    {
      promise: 'nodes are ready, and the database accepts writes, but for what was done',
      checked: watch.troubles.length,
      broken: watch.troubles
        .filter((trouble) => !acts.some((act) => overlaps(act, trouble)) && !isMachineSlow(watch, trouble))
        .map(({ subject, from, to }) => `${subject}: ${Math.round(to - from)} ms`),
    },
  ];
}

/** Milliseconds after which a node knows that the database is back: it polls each 250 ms. Until then it refuses logins. */
const noticeMs = 500;

/** Why a request failed; undefined if nothing that was seen explains it. */
export function explanationOf(failure: Failure, watch: TroubleWatch): string | undefined {
  const { node, sentAt, answeredAt, status, code } = failure;
  const ofNode = watch.during(node, sentAt, answeredAt);
  const ofDatabase = watch.during(databaseSubject, sentAt - noticeMs, answeredAt);
  const all = [...ofNode, ...ofDatabase, ...watch.during(clockSubject, sentAt, answeredAt)];
  if (status === 0 && code !== 'TimeoutError') {
    return ofNode.some(({ isOnlySlow }) => !isOnlySlow) ? 'node killed' : undefined;
  }
  const isKnown = status === 0 || (status === 503 && code === 'database_unavailable');
  if (isKnown && all.length > 0) {
    return all.every(({ isOnlySlow }) => isOnlySlow) ? 'machine too slow' : 'database away';
  }
  return status === 503 && slowCodes.has(code) ? 'machine too slow' : undefined;
}

/** WeChat is the emulator, in this process: if it takes too long, or too many requests wait, there is too little machine. */
const slowCodes = new Set(['wechat_unavailable', 'overloaded']);

function describeFailure(failure: Failure, { troubles }: TroubleWatch): string {
  const { operation, node, sentAt, answeredAt, status, code } = failure;
  const sinceTrouble = sentAt - Math.max(...troubles.map(({ to }) => to).filter((to) => to <= sentAt));
  return (
    `${operation}: ${status} ${code} by ${node} after ${Math.round(answeredAt - sentAt)} ms, ` +
    (sinceTrouble === Infinity ? 'before all trouble' : `sent ${Math.round(sinceTrouble)} ms after a trouble`)
  );
}

/** Whether a node could not reach the database at some time between. */
function isAway(watch: TroubleWatch, node: string, from: number, to: number): boolean {
  return [node, databaseSubject].some((subject) => watch.during(subject, from, to).length > 0);
}

/**
 * Whether a machine that others use is the reason of a trouble: the answers were good and late, or those of the database, which
 * is no part of the service, were.
 */
function isMachineSlow(watch: TroubleWatch, { from, to, isOnlySlow }: Trouble): boolean {
  const others = [databaseSubject, clockSubject].flatMap((subject) => watch.during(subject, from, to));
  return isOnlySlow || others.some((trouble) => trouble.isOnlySlow);
}

function overlaps(act: Act, { from, to }: Trouble): boolean {
  return from <= act.to + millisecond && to >= act.from;
}

async function readSessions(client: Client, sessions: KnownSession[]): Promise<Map<string, SessionRow>> {
  const found = new Map<string, SessionRow>();
  for (let at = 0; at < sessions.length; at += batchSize) {
    const ids = sessions.slice(at, at + batchSize).map(({ id }) => id);
    const { rows } = await client.query<SessionRow>(
      `SELECT
         sessions.id, coalesce(merged_into, users.id) AS "userId",
         ended_at IS NULL AND sessions.session_epoch = users.session_epoch AND status = 'active' AND expires_at > now()
           AS "goesOn"
       FROM sessions JOIN users ON users.id = user_id
       WHERE sessions.id = ANY ($1::uuid[])`,
      [ids],
    );
    for (const row of rows) found.set(row.id, row);
  }
  return found;
}

/** Into which user each merged user went. No user of the load is merged twice. */
async function readPrimaries(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; into: string }>(
    `SELECT id, merged_into AS into FROM users WHERE merged_into IS NOT NULL`,
  );
  return new Map(rows.map(({ id, into }) => [id, into]));
}

function usersOf(person: Person, primaryOf: (userId: string) => string): Set<string> {
  return new Set(person.sessions.map(({ userId }) => primaryOf(userId)));
}

/** What must not be in the tables: two users with one unionid, users whom no identity leads to. */
async function findDuplicates(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ fault: string }>(
    `SELECT 'two users with one unionid: ' || string_agg(DISTINCT user_id::text, ', ') AS fault
     FROM identities WHERE unionid IS NOT NULL GROUP BY unionid HAVING count(DISTINCT user_id) > 1
     UNION ALL
     SELECT 'two users with one openid: ' || string_agg(DISTINCT user_id::text, ', ')
     FROM identities GROUP BY appid, openid HAVING count(*) > 1
     UNION ALL
     SELECT 'a unionid of another user than its identity: ' || identities.user_id
     FROM identities JOIN unionids USING (unionid) WHERE identities.user_id <> unionids.user_id
     UNION ALL
     SELECT 'a user without an identity: ' || users.id
     FROM users WHERE status <> 'merged' AND NOT EXISTS (SELECT FROM identities WHERE user_id = users.id)`,
  );
  return rows.map(({ fault }) => fault);
}
