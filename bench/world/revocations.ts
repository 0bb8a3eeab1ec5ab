import type { World } from './world.js';

/** Writes revocations of sessions that nobody uses. A node reads them when it starts. */
export async function saveRevocations(world: World, count: number): Promise<void> {
  await world.query(
    `INSERT INTO revocations (transaction_id, session_id, reason, expires_at)
     SELECT pg_current_xact_id()::text::bigint, gen_random_uuid(), 'signed_out', now() + interval '1 day'
     FROM generate_series(1, $1::integer)`,
    [count],
  );
}
