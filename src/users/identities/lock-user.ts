import type { EntityManager } from 'typeorm';
import { User } from '../user.entity.js';
import { resolveCanonicalUserId } from './canonical-user.js';
import { UserNotFoundError } from './user-not-found.error.js';

/**
 * Locks a user until the transaction ends. Two changes of one user, and a change and a sign-in, happen one after the
 * other. FOR NO KEY UPDATE lets other transactions insert rows that refer to the user.
 *
 * @returns the user as of after the wait for the lock; null if the id is unknown
 */
export async function lockUser(manager: EntityManager, id: string): Promise<User | null> {
  return manager.findOne(User, { where: { id }, lock: { mode: 'for_no_key_update' } });
}

/**
 * Locks the user that an id means now: the one into which it was merged, or itself.
 *
 * @throws {UserNotFoundError}
 */
export async function lockCanonicalUser(manager: EntityManager, id: string): Promise<User> {
  const canonicalId = await resolveCanonicalUserId(manager, id);
  const user = canonicalId === undefined ? null : await lockUser(manager, canonicalId);
  if (user === null) throw new UserNotFoundError();
  // The user may have been merged during the wait for the lock.
  return user.mergedInto === null ? user : lockCanonicalUser(manager, user.mergedInto);
}
