import type { NamedStatement } from '../../database/database.js';
import { insertMessages } from '../../events/events.service.js';
import { insertSession } from '../../sessions/insert-session.js';
import { type SessionUser, sessionUserColumns } from '../../sessions/open-session.js';

/**
 * The session_keys of an identity with $3, whose fingerprints are $4, as the newest: at most three, all different. Without a
 * subquery, which Postgres would prepare for each execution, also of those that do not need it.
 */
export const withNewestKey = `CASE
        WHEN session_keys -> 0 ->> 'fingerprint' = ANY ($4::text[]) THEN session_keys
        ELSE jsonb_path_query_array(
          jsonb_build_array($3::jsonb) || jsonb_path_query_array(
            session_keys,
            '$[*] ? (!(@.fingerprint == $known[*]))',
            jsonb_build_object('known', $4::text[])
          ),
          '$[0 to 2]'
        )
      END`;

/** A signed-in user, and when the session began. */
export interface SignedInRow extends SessionUser {
  loggedInAt: Date;
  /** Whether the statement has made the user. */
  isNewUser: boolean;
}

/**
 * Signs in a known identity, or somebody who comes for the first time, in one round trip. Stores the session_key, locks and
 * reads the user, or makes them, and writes the session and the code. Returns no row, and has done nothing but store the
 * session_key, in all other cases: the identity is known and its unionid differs, its user may not sign in, the identity is
 * new and the unionid is not, or a ban has outlived an erasure. A transaction finds out which one it is.
 *
 * For a known identity:
 *
 * - The user's id comes from the UPDATE's RETURNING and never from a plain SELECT, and the user is read FOR NO
 *   KEY UPDATE: both see the rows as they are after the wait for a lock, not as they were in the snapshot. A
 *   disable, merge or erasure that runs at the same time has either happened before, or will find the session.
 * - A session_key that is the newest already is left alone, one that was seen before moves to the front.
 * - `last_login_at` is indexed: it moves at most once an hour, so that other logins touch no index of `users`, and
 *   most do not write the row at all.
 *
 * For a `stranger`, of whom neither identity nor unionid nor ban is known:
 *
 * - All three are looked for in one snapshot. An erasure deletes the identities and the unionids of a banned user in the
 *   transaction that records the ban: the snapshot has either the ones or the other.
 * - Whoever inserts the same identity or unionid after the snapshot is waited for, by ON CONFLICT. Once they have
 *   committed, there is no row.
 * - Before all else the unionid is inserted, then the identity, as everywhere else: others wait, and do not deadlock.
 * - If the unionid was inserted and the identity was there, the unionid has no user: Postgres checks foreign keys at the end
 *   of the statement, and refuses it with {@link foreignKeyViolation}.
 * - What the snapshot does not show is a ban of somebody who came for the first time, was disabled and was erased, all
 *   between the snapshot and the INSERT after it.
 *
 * The code may come again for a while from when it is written: now() is from before the wait for a lock.
 *
 * $13 is the unionid, which a known identity must have; if it is null, any will do. $14 are the hashes by which bans are found.
 * $15 and $16 are the ids of a new user and identity; if they are null, nobody is made.
 */
export const signInStatement: NamedStatement = { name: 'sign-in-11', text: makeSignInText() };

/** The same, which writes the messages $17 for webhooks if it has made a user. */
export const signInWithMessagesStatement: NamedStatement = {
  name: 'sign-in-with-messages-2',
  text: makeSignInText(`message AS (
      ${insertMessages('$17', 'new_user')}
    ), `),
};

/** @param messages a part of the WITH clause */
function makeSignInText(messages = ''): string {
  return `
    WITH known AS (
      UPDATE identities
      SET session_keys = ${withNewestKey}
      WHERE appid = $1 AND openid = $2 AND ($13::text IS NULL OR unionid = $13::text)
      RETURNING id, user_id
    ), known_user AS (
      SELECT
        users.*,
        known.id AS identity_id,
        coalesce(users.last_login_at < now() - interval '1 hour', true) AS is_long_gone
      FROM known
      JOIN users ON users.id = known.user_id
      WHERE users.status = 'active'
      FOR NO KEY UPDATE OF users
    ), seen AS (
      UPDATE users
      SET
        last_login_at = CASE WHEN known_user.is_long_gone THEN now() ELSE known_user.last_login_at END,
        consent_version = coalesce($12::text, known_user.consent_version),
        consent_at = CASE WHEN $12::text IS NULL THEN known_user.consent_at ELSE now() END
      FROM known_user
      WHERE users.id = known_user.id AND (known_user.is_long_gone OR $12::text IS NOT NULL)
    ), stranger AS MATERIALIZED (
      SELECT
      WHERE $15::uuid IS NOT NULL
        AND NOT EXISTS (SELECT FROM identities WHERE appid = $1 AND openid = $2)
        AND NOT EXISTS (SELECT FROM unionids WHERE unionid = $13::text)
        AND NOT EXISTS (
          SELECT FROM banned_identities
          WHERE openid_index = ANY ($14::bytea[]) OR unionid_index = ANY ($14::bytea[])
        )
    ), new_unionid AS (
      INSERT INTO unionids (unionid, user_id)
      SELECT $13::text, $15::uuid
      FROM stranger
      WHERE $13::text IS NOT NULL
      ON CONFLICT DO NOTHING
      RETURNING user_id
    ), new_identity AS (
      INSERT INTO identities (id, appid, openid, user_id, unionid, session_keys)
      SELECT $16::uuid, $1, $2, $15::uuid, $13::text, jsonb_build_array($3::jsonb)
      FROM stranger
      WHERE $13::text IS NULL OR EXISTS (SELECT FROM new_unionid)
      ON CONFLICT DO NOTHING
      RETURNING id
    ), new_user AS (
      INSERT INTO users (id, last_login_at, consent_version, consent_at)
      SELECT $15::uuid, now(), $12::text, CASE WHEN $12::text IS NOT NULL THEN now() END
      FROM new_identity
      RETURNING *
    ), ${messages}signed_in AS (
      SELECT *, $1::text AS client_id, now() AS logged_in_at
      FROM (
        SELECT *, false AS is_new_user FROM known_user
        UNION ALL
        SELECT new_user.*, new_identity.id, false, true FROM new_user, new_identity
      ) AS one
    ), session AS (${insertSession('signed_in', {
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
      FROM signed_in
      ON CONFLICT (code_hash) DO NOTHING
    )
    SELECT ${sessionUserColumns}, session.created_at AS "loggedInAt", users.is_new_user AS "isNewUser"
    FROM signed_in AS users, session`;
}

/** The SQLSTATE of a row that refers to one that is not there. */
export const foreignKeyViolation = '23503';
