import type { NamedStatement } from '../database/database.js';
import { type SessionUser, sessionUserColumns } from './open-session.js';
import type { RevocationReason } from './sessions.errors.js';

/** A session that was refreshed. */
export interface RefreshedRow extends SessionUser {
  appid: string;
  loggedInAt: Date;
  generation: number;
  refreshExpiresIn: number;
}

/**
 * Refreshes a session in one round trip, by its primary key. The newest token increases the generation. The token before
 * it is also accepted, within the grace of the rotation that superseded it. It does not change the generation, so both get
 * the same successor. Returns no row if the session is not active, or if the token was superseded earlier.
 *
 * - A token that is newer than the row is treated as the newest: this deployment created it, and a standby that took over
 *   may have lost the rotation.
 * - A session in its last second has expired: no token could be created for it.
 * - The row is locked first, so the grace begins when the row is written. now() is earlier than the wait for the lock.
 * - No written column has an index, so the row stays in its page.
 * - `users` is read without a lock: a disable that commits at the same time revokes the `ver` that is read here.
 */
export const refreshStatement: NamedStatement = {
  name: 'refresh-4',
  text: `
    UPDATE sessions
    SET
      generation = greatest(sessions.generation, $3::integer + 1),
      rotated_at = CASE WHEN $3::integer >= sessions.generation THEN clock_timestamp() ELSE sessions.rotated_at END,
      last_seen_at = now(),
      expires_at = least(
        now() + make_interval(secs => $4::integer),
        sessions.created_at + make_interval(secs => $5::integer)
      )
    FROM users
    WHERE sessions.id = (SELECT id FROM sessions WHERE id = $1::uuid FOR NO KEY UPDATE)
      AND sessions.refresh_hash = $2::bytea
      AND sessions.ended_at IS NULL
      AND sessions.expires_at > now()
      AND sessions.created_at + make_interval(secs => $5::integer) >= now() + interval '1 second'
      AND (
        $3::integer >= sessions.generation
        OR ${isWithinGrace('$6')}
      )
      AND users.id = sessions.user_id
      AND users.status = 'active'
      AND users.session_epoch = sessions.session_epoch
    RETURNING
      ${sessionUserColumns},
      sessions.client_id AS appid,
      sessions.created_at AS "loggedInAt",
      sessions.generation,
      floor(extract(epoch FROM sessions.expires_at - now()) + 0.001)::integer AS "refreshExpiresIn"`,
};

/** SQL: whether $3 is the generation before the newest, and was superseded within the grace. */
function isWithinGrace(seconds: string): string {
  return `($3::integer = sessions.generation - 1
          AND sessions.rotated_at > now() - make_interval(secs => ${seconds}::integer))`;
}

/** A session that was not refreshed, and what could be the reason. */
export interface RefusedRow {
  userId: string;
  isExpired: boolean;
  isEnded: boolean;
  endedReason: RevocationReason | null;
  isOfThisEpoch: boolean;
  epochEndedReason: RevocationReason | null;
  status: 'active' | 'disabled' | 'deleting' | 'merged';
  isSuperseded: boolean;
}

/** Why a session was not refreshed. Its row is locked, so that the reason stays true until the transaction ends. */
export const refusalQuery = `
  SELECT
    sessions.user_id AS "userId",
    sessions.expires_at <= now()
      OR sessions.created_at + make_interval(secs => $4::integer) < now() + interval '1 second' AS "isExpired",
    sessions.ended_at IS NOT NULL AS "isEnded",
    sessions.ended_reason AS "endedReason",
    sessions.session_epoch = users.session_epoch AS "isOfThisEpoch",
    users.sessions_ended_reason AS "epochEndedReason",
    users.status,
    $3::integer < sessions.generation AND NOT ${isWithinGrace('$5')} AS "isSuperseded"
  FROM sessions
  JOIN users ON users.id = sessions.user_id
  WHERE sessions.id = $1::uuid AND sessions.refresh_hash = $2::bytea
  FOR NO KEY UPDATE OF sessions`;
