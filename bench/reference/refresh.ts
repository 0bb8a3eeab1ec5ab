import { database } from './database.js';
import { toTokenResponse } from './responses.js';
import {
  formatRefreshToken,
  hashSecret,
  parseRefreshToken,
  refreshTokenTtl,
  type UserRow,
} from './tokens.js';

/** Seconds in which a superseded token still works. */
const grace = 30;

const refreshStatement = {
  name: 'refresh',
  text: `
    UPDATE sessions
    SET
      generation = greatest(generation, $3::integer + 1),
      rotated_at = CASE WHEN $3 >= generation THEN now() ELSE rotated_at END,
      last_seen_at = now(),
      expires_at = now() + make_interval(secs => $4::integer)
    FROM users
    WHERE sessions.id = $1::uuid AND refresh_hash = $2::bytea AND ended_at IS NULL AND expires_at > now()
      AND ($3 >= generation
        OR $3 = generation - 1 AND rotated_at > now() - make_interval(secs => $5::integer))
      AND users.id = user_id AND status = 'active' AND users.session_epoch = sessions.session_epoch
    RETURNING
      users.id, roles, token_version AS "tokenVersion", nickname, avatar_key AS "avatarKey",
      phone_sealed AS "phoneSealed", users.created_at AS "createdAt", sessions.created_at AS "loggedInAt", generation`,
};

/** POST /auth/refresh. Undefined if the token is of no use. */
export async function refresh(token: string): Promise<object | undefined> {
  const parsed = parseRefreshToken(token);
  if (parsed === undefined) return undefined;
  const { sessionId, generation, secret } = parsed;
  const { rows } = await database.query<UserRow & { generation: number }>({
    ...refreshStatement,
    values: [sessionId, hashSecret(secret), generation, refreshTokenTtl, grace],
  });
  const [user] = rows;
  if (user === undefined) return undefined;
  const refreshToken = formatRefreshToken({ sessionId, generation: user.generation, secret });
  return toTokenResponse(user, { sessionId, refreshToken, refreshExpiresIn: refreshTokenTtl });
}
