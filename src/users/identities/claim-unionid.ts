import type { EntityManager } from 'typeorm';
import { insertIfAbsent } from '../../database/insert-if-absent.js';
import { ConflictError } from './conflict.error.js';
import { Unionid } from './unionid.entity.js';

/**
 * Makes a unionid lead to a user, unless it already leads to one. Locks it until the transaction ends.
 *
 * @returns the id of the user to whom it leads
 * @throws {ConflictError}
 */
export async function claimUnionid(manager: EntityManager, unionid: string, userId: string): Promise<string> {
  await insertIfAbsent(manager, Unionid, { unionid, userId });
  const owner = await manager.findOne(Unionid, {
    where: { unionid },
    lock: { mode: 'pessimistic_write' },
  });
  // The owner was erased or unlinked during the wait for the lock.
  if (owner === null) throw new ConflictError();
  return owner.userId;
}
