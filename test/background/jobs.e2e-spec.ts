import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advisoryLocks, takeAdvisoryLock } from '../../src/database/advisory-locks.js';
import { useWorld } from '../harness/world.js';

const manySessions = 20_000;
const batchSize = 1_000;

const owner = '019f0000-0000-7000-8000-000000000001';
const [dueUser, lockedUser, laterUser, foreverUser, mergedUser] = [2, 3, 4, 5, 6].map(
  (n) => `019f0000-0000-7000-8000-00000000000${n}`,
);

describe('a background job', () => {
  const world = useWorld();
  /** Holds what a test wants to be held. */
  let holder: Client;

  beforeAll(async () => {
    holder = new Client({ connectionString: world.database.url });
    await holder.connect();
    await fill();
  });
  afterAll(() => holder.end());

  /** Rows that are to go, and rows that look much like them. */
  async function fill(): Promise<void> {
    const run = (text: string, values?: unknown[]) => world.database.query(text, values);
    await run(`INSERT INTO users (id) VALUES ($1)`, [owner]);
    await run(
      `INSERT INTO users (id, status, disabled_reason, disabled_until) VALUES
         ($1, 'disabled', 'spam', now() - interval '1 second'),
         ($2, 'disabled', 'spam', now() - interval '1 second'),
         ($3, 'disabled', 'spam', now() + interval '1 day'),
         ($4, 'disabled', 'spam', NULL),
         ($5, 'merged', 'spam', now() - interval '1 day')`,
      [dueUser, lockedUser, laterUser, foreverUser, mergedUser],
    );
    // The user agent says what is to become of a session.
    await run(`
      CREATE FUNCTION id_at(at timestamptz, number integer) RETURNS uuid LANGUAGE sql RETURN (
        lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '70008000' || lpad(to_hex(number), 12, '0')
      )::uuid`);
    const sessions = (agent: string, count: number, age: string, expiry: string, ended = 'NULL') =>
      run(
        `INSERT INTO sessions
           (id, user_id, client_id, session_epoch, refresh_hash, user_agent, created_at, expires_at, ended_at)
         SELECT
           id_at(now() - interval '${age}' + number * interval '1 second', number), $1, 'wx', 1, '', $2,
           now() - interval '${age}', now() ${expiry}, ${ended}
         FROM generate_series(1, ${count}) AS number`,
        [owner, agent],
      );
    await sessions('refreshed: stays', 2_500, '80 days', `+ interval '5 days'`);
    await sessions('just expired: stays', 1, '60 days', `- interval '50 minutes'`);
    // A second earlier: the id is made of the time, and the statements come within one millisecond.
    await sessions('ended early: stays', 1, '60 days 1 second', `+ interval '1 minute'`, 'now()');
    await sessions('expired: goes', manySessions, '50 days', `- interval '61 minutes'`);
    await sessions(
      'ended long ago: goes',
      1,
      '40 days',
      `- interval '61 minutes'`,
      `now() - interval '9 days'`,
    );
    await sessions('operator: goes', 1, '31 days', `- interval '31 days'`);
    await sessions('too young to have expired: stays', 1, '29 days', `+ interval '1 day'`);
    await run(`
      CREATE TABLE deletions (sessions integer);
      CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO deletions SELECT count(*) FROM gone HAVING count(*) > 0;
          RETURN NULL;
        END $$;
      CREATE TRIGGER note_deletion AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_deletion()`);
    // Enough for several batches of pages.
    await run(`
      INSERT INTO login_codes (code_hash, session_id, created_at)
      SELECT sha256(number::text::bytea), gen_random_uuid(),
        now() - interval '1 minute' * CASE number % 2 WHEN 0 THEN 5 ELSE 11 END
      FROM generate_series(1, 30000) AS number`);
    await run(`
      INSERT INTO phone_codes (code_hash, created_at)
      SELECT sha256(number::text::bytea), now() - interval '1 minute' * CASE number % 2 WHEN 0 THEN 5 ELSE 11 END
      FROM generate_series(1, 30000) AS number`);
    await run(`
      INSERT INTO revocations (transaction_id, user_id, minimum_version, reason, created_at, expires_at)
      SELECT 1, gen_random_uuid(), 2, 'kicked', now() - interval '2 days', now() - interval '1 second' * CASE number % 2 WHEN 0 THEN -60 ELSE 61 END
      FROM generate_series(1, 2500) AS number`);
    await run(
      `INSERT INTO audit_events (action, actor, user_id, created_at)
       SELECT 'user.kicked', 'command', $1, now() - interval '1 day' * CASE WHEN number <= 2500 THEN 181 ELSE 179 END
       FROM generate_series(1, 2510) AS number`,
      [owner],
    );
  }

  /** What is left of the rows that are to go. */
  async function outdated(): Promise<Record<string, number>> {
    const [row] = await world.database.query<Record<string, number>>(`
      SELECT
        (SELECT count(*)::integer FROM sessions WHERE user_agent LIKE '%: goes') AS sessions,
        (SELECT count(*)::integer FROM login_codes WHERE created_at < now() - interval '10 minutes') AS codes,
        (SELECT count(*)::integer FROM phone_codes WHERE created_at < now() - interval '10 minutes') AS "phoneCodes",
        (SELECT count(*)::integer FROM revocations WHERE expires_at < now() - interval '1 minute') AS revocations,
        (SELECT count(*)::integer FROM audit_events WHERE created_at < now() - interval '180 days') AS audit,
        (SELECT count(*)::integer FROM signing_keys WHERE retired_at < now() - interval '1 day') AS keys,
        (SELECT count(*)::integer FROM users WHERE id = '${dueUser}' AND status = 'disabled') AS disabled`);
    return row!;
  }

  it('is left to the node that is at it', async () => {
    const before = await outdated();
    await holder.query('BEGIN');
    await holder.query(takeAdvisoryLock, [...advisoryLocks.jobs]);
    const node = await world.startNode({ LOG_LEVEL: 'debug' });
    await expect.poll(() => node.output).toContain('Another node runs the jobs');
    expect(await outdated()).toEqual(before);
    expect(before).toEqual({
      sessions: manySessions + 2,
      codes: 15_000,
      phoneCodes: 15_000,
      revocations: 1_250,
      audit: 2_500,
      keys: 0,
      disabled: 1,
    });
    await holder.query('COMMIT');
  });

  it('is done in batches, while users log in', async () => {
    await world.database.query(`
      INSERT INTO signing_keys (kid, private_key_sealed, public_jwk, retired_at) VALUES
        ('long retired', '', '{}', now() - interval '25 hours'), ('just retired', '', '{}', now() - interval '23 hours')`);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [lockedUser]);
    const node = await world.startNode();
    const statuses: number[] = [];
    await expect
      .poll(
        async () => {
          statuses.push((await world.login(node, 'anna')).status);
          return outdated();
        },
        { interval: 10 },
      )
      .toEqual({ sessions: 0, codes: 0, phoneCodes: 0, revocations: 0, audit: 0, keys: 0, disabled: 0 });
    await holder.query('COMMIT');

    expect(new Set(statuses)).toEqual(new Set([200]));
    const [batches] = await world.database.query(
      `SELECT max(sessions) AS largest, sum(sessions)::integer AS total FROM deletions`,
    );
    expect(batches).toEqual({ largest: batchSize, total: manySessions + 2 });
  });

  it('keeps what can still be of use', async () => {
    const kept = (text: string) => world.database.query(text);
    expect(
      await kept(
        `SELECT user_agent AS session, count(*)::integer FROM sessions WHERE user_id = '${owner}' GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { session: 'ended early: stays', count: 1 },
      { session: 'just expired: stays', count: 1 },
      { session: 'refreshed: stays', count: 2_500 },
      { session: 'too young to have expired: stays', count: 1 },
    ]);
    expect(await kept(`SELECT kid FROM signing_keys WHERE retired_at IS NOT NULL`), 'signing keys').toEqual([
      { kid: 'just retired' },
    ]);
    for (const table of ['login_codes', 'phone_codes']) {
      const old = `SELECT count(*)::integer FROM ${table} WHERE created_at < now() - interval '4 minutes'`;
      expect(await kept(old), table).toEqual([{ count: 15_000 }]);
    }
    expect(await kept(`SELECT count(*)::integer FROM revocations WHERE reason = 'kicked'`)).toEqual([
      { count: 1_250 },
    ]);
    expect(await kept(`SELECT count(*)::integer FROM audit_events WHERE action = 'user.kicked'`)).toEqual([
      { count: 10 },
    ]);
  });

  it('makes active again a user who was disabled until now, and writes it down', async () => {
    const users = await world.database.query(
      `SELECT id, status, disabled_reason AS reason FROM users WHERE id = ANY ($1) ORDER BY id`,
      [[dueUser, lockedUser, laterUser, foreverUser, mergedUser]],
    );
    expect(users).toEqual([
      { id: dueUser, status: 'active', reason: null },
      // Somebody was at it: its turn comes in the next round.
      { id: lockedUser, status: 'disabled', reason: 'spam' },
      { id: laterUser, status: 'disabled', reason: 'spam' },
      { id: foreverUser, status: 'disabled', reason: 'spam' },
      { id: mergedUser, status: 'merged', reason: 'spam' },
    ]);
    expect(
      await world.database.query(
        `SELECT action, actor, actor_id, user_id FROM audit_events WHERE action = 'user.enabled'`,
      ),
    ).toEqual([{ action: 'user.enabled', actor: 'service', actor_id: null, user_id: dueUser }]);
  });
});
