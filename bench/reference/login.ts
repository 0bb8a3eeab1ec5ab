import { Pool as HttpPool } from 'undici';
import { v7 as uuidv7 } from 'uuid';
import { app } from '../world/deployment.js';
import { database } from './database.js';
import { keyedHash, seal } from './keys.js';
import { toTokenResponse } from './responses.js';
import { formatRefreshToken, hashSecret, newSecret, refreshTokenTtl, type UserRow } from './tokens.js';

const wechat = new HttpPool(process.env['WECHAT_BASE_URL']!);

interface WechatSession {
  openid: string;
  unionid: string;
  session_key: string;
}

/**
 * Signs in an identity, or makes it with its user and unionid if it is new, in one round trip. The newest three
 * session_keys are kept.
 */
const loginStatement = {
  name: 'login',
  text: `
    WITH known AS (
      UPDATE identities
      SET session_keys = CASE
        WHEN session_keys -> 0 ->> 'fingerprint' = $3::jsonb ->> 'fingerprint' THEN session_keys
        ELSE jsonb_path_query_array(jsonb_build_array($3::jsonb) || session_keys, '$[0 to 2]')
      END
      WHERE appid = $1 AND openid = $2
      RETURNING id, user_id
    ), new_user AS (
      INSERT INTO users (id, last_login_at)
      SELECT $4::uuid, now() WHERE NOT EXISTS (SELECT FROM known)
      RETURNING *
    ), new_unionid AS (
      INSERT INTO unionids (unionid, user_id) SELECT $6, id FROM new_user
    ), new_identity AS (
      INSERT INTO identities (id, appid, openid, user_id, unionid, session_keys)
      SELECT $5::uuid, $1, $2, id, $6, jsonb_build_array($3::jsonb) FROM new_user
      RETURNING id
    ), person AS (
      SELECT users.*, known.id AS identity_id, false AS is_new
      FROM known JOIN users ON users.id = known.user_id
      WHERE users.status = 'active'
      UNION ALL
      SELECT new_user.*, new_identity.id, true FROM new_user, new_identity
    ), session AS (
      INSERT INTO sessions
        (id, user_id, identity_id, client_id, session_epoch, refresh_hash, ip, user_agent, expires_at)
      SELECT
        $7::uuid, id, identity_id, $1, session_epoch, $8::bytea, $9, $10, now() + make_interval(secs => $11::integer)
      FROM person
    ), seen AS (
      UPDATE users SET last_login_at = now()
      FROM person
      WHERE users.id = person.id AND NOT is_new AND person.last_login_at < now() - interval '1 hour'
    )
    SELECT
      id, roles, token_version AS "tokenVersion", nickname, avatar_key AS "avatarKey", phone_sealed AS "phoneSealed",
      created_at AS "createdAt", now() AS "loggedInAt", is_new AS "isNewUser"
    FROM person`,
};

/** POST /auth/login. Undefined if the user may not log in. */
export async function logIn(
  code: string,
  ip: string,
  userAgent: string | undefined,
): Promise<object | undefined> {
  const { openid, unionid, session_key: sessionKey } = await exchange(code);
  const entry = {
    sealed: seal('session-key', sessionKey, `${app.appid}|${openid}`),
    fingerprint: keyedHash('session-key-fingerprint', app.appid, openid, sessionKey).toString('base64url'),
    at: new Date().toISOString(),
  };
  const sessionId = uuidv7();
  const secret = newSecret();
  const { rows } = await database.query<UserRow & { isNewUser: boolean }>({
    ...loginStatement,
    values: [
      app.appid,
      openid,
      JSON.stringify(entry),
      uuidv7(),
      uuidv7(),
      unionid,
      sessionId,
      hashSecret(secret),
      ip,
      userAgent ?? null,
      refreshTokenTtl,
    ],
  });
  const [user] = rows;
  if (user === undefined) return undefined;
  const refreshToken = formatRefreshToken({ sessionId, generation: 0, secret });
  return {
    ...toTokenResponse(user, { sessionId, refreshToken, refreshExpiresIn: refreshTokenTtl }),
    isNewUser: user.isNewUser,
  };
}

/** What a code stands for at WeChat. */
async function exchange(code: string): Promise<WechatSession> {
  const query = new URLSearchParams({
    appid: app.appid,
    secret: app.secret,
    js_code: code,
    grant_type: 'authorization_code',
  });
  const { body } = await wechat.request({ method: 'GET', path: `/sns/jscode2session?${query.toString()}` });
  const answer = JSON.parse(await body.text()) as Partial<WechatSession>;
  if (answer.openid === undefined) throw new Error('WeChat refuses the code.');
  return answer as WechatSession;
}
