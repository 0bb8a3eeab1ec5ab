import type { EntityManager } from 'typeorm';
import { Session } from '../../sessions/session.entity.js';
import { Identity } from './identity.entity.js';

/** A user who is signed in. */
export interface SessionUserRef {
  userId: string;
  sessionId: string;
}

/**
 * The identity through which a user has come into a session: a user may have two in one mini-program, who was
 * merged by an earlier version. Null for a session of the command line, and where the identity was unlinked.
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
