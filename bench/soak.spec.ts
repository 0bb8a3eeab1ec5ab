import { describe, expect, it, vi } from 'vitest';
import { patient } from '../test/harness/world.js';
import { databaseSubject, explanationOf } from './books/audit.js';
import { operations } from './books/books.js';
import type { Report, Stage } from './books/run-with-books.js';
import { soak } from './books/soak.js';
import { TroubleWatch } from './books/trouble-watch.js';
import { renderSoak } from './report/soak-report.js';

/** So many that a slow machine answers all of them at once. */
const load = { phones: 12, thinkMs: 200 };

/** Resolves after so many good answers. */
async function answersOf({ books }: Stage, count: number): Promise<void> {
  const before = books.allAnswered;
  await vi.waitUntil(() => books.allAnswered >= before + count, patient);
}

/** The broken promises, by their names. */
function brokenOf({ verdicts }: Report): Record<string, string[]> {
  return Object.fromEntries(
    verdicts.filter(({ broken }) => broken.length > 0).map(({ promise, broken }) => [promise, broken]),
  );
}

describe('npm run soak', () => {
  it('finds every promise kept while a node is killed and Postgres crashes', async () => {
    const report = await soak({
      load,
      acts: ['node 1 killed, and started again', 'Postgres crashed, and started again'],
      pause: async (part, stage) => {
        await answersOf(stage, 100);
        if (part < 2) return;
        const { books } = stage;
        await vi.waitUntil(
          () => operations.every((operation) => books.answered(operation) > 0 || operation === 'ended token'),
          patient,
        );
      },
    });
    expect(brokenOf(report)).toEqual({});
    expect(report.merged, 'people who were two users at first').toBeGreaterThan(0);
    expect(report.books.refusedTokens, 'ended tokens that were tried').toBeGreaterThan(0);
    expect(report.books.failures, 'somebody has felt it').not.toEqual([]);
    expect(renderSoak(report)).toContain('| Postgres crashed, and started again |');
  });

  it('tells which promises are broken', async () => {
    const report = await soak({
      load,
      acts: [],
      pause: async (_part, stage) => {
        const { books, query } = stage;
        await answersOf(stage, 50);

        // Nodes are not told of ends.
        await query('CREATE TABLE bench.held AS TABLE revocations');
        await query(`CREATE FUNCTION bench.hold() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN INSERT INTO bench.held SELECT NEW.*; RETURN NULL; END'`);
        await query(
          'CREATE TRIGGER hold BEFORE INSERT ON revocations FOR EACH ROW EXECUTE FUNCTION bench.hold()',
        );
        await vi.waitUntil(() => books.lateAcceptances.length > 0, patient);
        await query('DROP TRIGGER hold ON revocations');
        await query(`INSERT INTO revocations (transaction_id, session_id, user_id, minimum_version, reason, expires_at)
          SELECT pg_current_xact_id()::text::bigint, session_id, user_id, minimum_version, reason, expires_at FROM bench.held`);

        // Requests fail, and nothing is wrong with the database.
        await query('ALTER TABLE audit_events RENAME TO audit_events_gone');
        await vi.waitUntil(() => books.failures.length > 0, patient);
        await query('ALTER TABLE audit_events_gone RENAME TO audit_events');
        await answersOf(stage, 50);
      },
      afterwards: async ({ books, query }) => {
        const sessions = books.persons.flatMap((person) => person.sessions);
        const [lost, over] = sessions.filter(({ state }) => state === 'open');
        const undead = sessions.find(({ id, state }) => state === 'ended' && id !== lost!.id);
        await query(`DELETE FROM sessions WHERE id = '${lost!.id}'`);
        await query(`UPDATE sessions SET ended_at = now() WHERE id = '${over!.id}'`);
        await query(`UPDATE sessions SET ended_at = NULL,
          session_epoch = (SELECT session_epoch FROM users WHERE users.id = user_id) WHERE id = '${undead!.id}'`);
        await query(`INSERT INTO users (id) VALUES (gen_random_uuid())`);
      },
    });
    expect(brokenOf(report)).toMatchObject({
      'acknowledged logins are there': [expect.stringMatching('session')],
      'sessions go on that nobody has ended': [expect.stringMatching('session')],
      'ended sessions have ended': [expect.stringMatching('session')],
      'no token is accepted a second after its end': expect.arrayContaining([expect.stringMatching('node')]),
      'a person is one user': [expect.stringMatching('a user without an identity')],
      'failures have a reason': expect.arrayContaining([expect.stringMatching('by node')]),
    });
    expect(renderSoak(report)).toContain('Broken: acknowledged logins are there.');
  });
});

describe('a login that was refused because the database is away', () => {
  const refused = {
    operation: 'login' as const,
    node: 'node 1',
    status: 503,
    code: 'database_unavailable',
  };
  const watch = new TroubleWatch([]);
  watch.troubles.push({ subject: databaseSubject, from: 1_000, to: 2_000, isOnlySlow: false });

  it.each([
    [1_990, 'database away'],
    // The node knows it from its next poll on.
    [2_250, 'database away'],
    [3_000, undefined],
    [500, undefined],
  ])('sent at %i ms, has the reason %s', (sentAt, reason) => {
    expect(explanationOf({ ...refused, sentAt, answeredAt: sentAt + 2 }, watch)).toBe(reason);
  });
});
