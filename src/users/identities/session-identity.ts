import type { Database, NamedStatement } from '../../database/database.js';
import type { Identity } from './identity.entity.js';

/** A user, and one of their sessions. */
export interface SessionUserRef {
  userId: string;
  sessionId: string;
}

/** What of an identity is needed to talk with WeChat about its user. */
export type SessionIdentity = Pick<Identity, 'id' | 'appid' | 'openid' | 'sessionKeys'>;

const findStatement: NamedStatement = {
  name: 'session-identity-1',
  text: `
    SELECT identities.id, appid, openid, session_keys AS "sessionKeys"
    FROM sessions JOIN identities ON identities.id = identity_id
    WHERE sessions.id = $1 AND identities.user_id = $2`,
};

/**
 * The identity that opened a session. The appid alone does not tell: an earlier version may have merged users with two
 * identities in one mini-program. Null for a session of the command line, and if the identity was unlinked.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function findSessionIdentity(
  database: Database,
  { userId, sessionId }: SessionUserRef,
): Promise<SessionIdentity | null> {
  const [identity] = await database.query<SessionIdentity>(findStatement, [sessionId, userId]);
  return identity ?? null;
}
