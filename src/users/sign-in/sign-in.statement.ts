import type { NamedStatement } from '../../database/database.js';
import { insertSession } from '../../sessions/insert-session.js';
import { type SessionUser, sessionUserColumns } from '../../sessions/open-session.js';

/** The session_keys of an identity with $3, whose fingerprints are $4, as the newest: at most three, all different. */
export const withNewestKey = `CASE
WHEN session_keys -> 0 ->> 'fingerprint' = ANY ($4::text[]) THEN session_keys
ELSE (
  SELECT jsonb_agg(newest.entry ORDER BY newest.position)
  FROM (
    SELECT entry, position
    FROM jsonb_array_elements(jsonb_build_array($3::jsonb) || session_keys)
      WITH ORDINALITY AS kept (entry, position)
    WHERE position = 1 OR NOT entry ->> 'fingerprint' = ANY ($4::text[])
    ORDER BY position
    LIMIT 3
  ) AS newest
)
      END`;

/** A signed-in user, and when the session began. */
export interface SignedInRow extends SessionUser {
  loggedInAt: Date;
}

/**
 * Signs in a known identity in one round trip: stores the session_key, locks and reads the user, and writes the session
 * and the code. Returns no row if the identity is unknown, its unionid differs, or its user may not sign in.
 *
 * - The user's id comes from the UPDATE's RETURNING and never from a plain SELECT, and the user is read FOR NO
 *   KEY UPDATE: both see the rows as they are after the wait for a lock, not as they were in the snapshot. A
 *   disable, merge or erasure that runs at the same time has either happened before, or will find the session.
 * - A session_key that is the newest already is left alone, one that was seen before moves to the front.
 * - The code may come again for a while from when it is written: now() is from before the wait for a lock.
 * - `last_login_at` is indexed: it moves at most once an hour, so that other logins touch no index of `users`, and
 *   most do not write the row at all.
 */
export const signInStatement: NamedStatement = {
  name: 'sign-in-9',
  text: `
    WITH identity AS (
      UPDATE identities
      SET session_keys = ${withNewestKey}
      WHERE appid = $1 AND openid = $2 AND ($13::text IS NULL OR unionid = $13::text)
      RETURNING id, user_id
    ), person AS (
      SELECT
        users.*,
        identity.id AS identity_id,
        $1::text AS client_id,
        now() AS logged_in_at,
        coalesce(users.last_login_at < now() - interval '1 hour', true) AS is_long_gone
      FROM identity
      JOIN users ON users.id = identity.user_id
      WHERE users.status = 'active'
      FOR NO KEY UPDATE OF users
    ), seen AS (
      UPDATE users
      SET
        last_login_at = CASE WHEN person.is_long_gone THEN now() ELSE person.last_login_at END,
        consent_version = coalesce($12::text, person.consent_version),
        consent_at = CASE WHEN $12::text IS NULL THEN person.consent_at ELSE now() END
      FROM person
      WHERE users.id = person.id AND (person.is_long_gone OR $12::text IS NOT NULL)
    ), session AS (${insertSession('person', {
      sessionId: '$5',
      refreshHash: '$6',
      ip: '$7',
      userAgent: '$8',
      lifetime: '$9',
    })}
      RETURNING created_at
    ), login_code AS (
      INSERT INTO login_codes (code_hash, post_hash, session_id, created_at)
      SELECT $10::bytea, $11::bytea, $5::uuid, clock_timestamp()
      FROM person
      ON CONFLICT (code_hash) DO NOTHING
    )
    SELECT ${sessionUserColumns}, session.created_at AS "loggedInAt"
    FROM person AS users, session`,
};
