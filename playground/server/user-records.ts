import { Pool } from 'pg';
import { openidOf } from '../../emulator/src/state/identifiers.js';
import type { UserRecord } from './live-events.js';

/** So many characters are enough to tell two values apart, and of no use to anybody else. */
const shown = 6;

const sessionsShown = 5;

const text = `
  SELECT
    jsonb_build_object(
      'id', u.id, 'status', u.status, 'nickname', u.nickname, 'has_avatar', u.avatar_key IS NOT NULL,
      'has_phone', u.phone_sealed IS NOT NULL, 'roles', to_jsonb(u.roles), 'token_version', u.token_version,
      'session_epoch', u.session_epoch, 'disabled_until', u.disabled_until, 'erase_at', u.erase_at,
      'created_at', u.created_at
    ) AS user,
    (
      SELECT jsonb_agg(jsonb_build_object(
        'appid', i.appid, 'openid', left(i.openid, ${shown}), 'unionid', left(i.unionid, ${shown}),
        'session_keys', (
          SELECT coalesce(jsonb_agg(left(key ->> 'fingerprint', ${shown}) ORDER BY place), '[]')
          FROM jsonb_array_elements(i.session_keys) WITH ORDINALITY AS keys (key, place)
        )
      ) ORDER BY i.appid)
      FROM identities i WHERE i.user_id = u.id
    ) AS identities,
    (
      SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM (
        SELECT
          id, client_id, user_agent, generation, created_at,
          CASE WHEN session_epoch = u.session_epoch THEN ended_reason
            ELSE coalesce(ended_reason, u.sessions_ended_reason) END AS ended_reason,
          ended_at IS NULL AND session_epoch = u.session_epoch AND expires_at > now() AS is_live
        FROM sessions WHERE user_id = u.id ORDER BY created_at DESC LIMIT ${sessionsShown}
      ) s
    ) AS sessions
  FROM users u
  WHERE u.id IN (
    SELECT i.user_id FROM identities i
    JOIN unnest($1::text[], $2::text[]) AS known (appid, openid) USING (appid, openid)
  )
  ORDER BY u.id`;

/** Reads the rows of the emulator's users in the service's database. */
export class UserRecords {
  readonly #pool: Pool;

  constructor(
    databaseUrl: string,
    private readonly appids: readonly string[],
  ) {
    this.#pool = new Pool({ connectionString: databaseUrl, max: 1 });
    // The next query opens a lost connection again.
    this.#pool.on('error', () => {});
  }

  /** @param user the user's name in the emulator */
  async find(user: string): Promise<UserRecord[]> {
    const openids = this.appids.map((appid) => openidOf(appid, user));
    const { rows } = await this.#pool.query<UserRecord>(text, [this.appids, openids]);
    return rows;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
