import type { EntityManager } from 'typeorm';
import { Session } from '../../sessions/session.entity.js';
import { Identity } from './identity.entity.js';

/** A user who is signed in. */
export interface SessionUserRef {
  userId: string;
  sessionId: string;
}

/**
 * The identity that opened a session. The appid alone does not tell: an earlier version may have merged users with two
 * identities in one mini-program. Null for a session of the command line, and if the identity was unlinked.
 */
export function findSessionIdentity(
  manager: EntityManager,
  { userId, sessionId }: SessionUserRef,
): Promise<Identity | null> {
  return manager
    .createQueryBuilder(Identity, 'identity')
    .innerJoin(Session, 'session', 'session.identity_id = identity.id')
    .where('session.id = :sessionId AND identity.user_id = :userId', { sessionId, userId })
    .getOne();
}
