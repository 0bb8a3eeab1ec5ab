import type { EntityManager } from 'typeorm';
import { insertIfAbsent } from '../../database/insert-if-absent.js';
import { ConflictError } from './conflict.error.js';
import { Unionid } from './unionid.entity.js';

/**
 * Makes a unionid lead to a user, unless it leads to one already; and keeps it as it is until the transaction ends.
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
  // Erased or unlinked while this waited.
  if (owner === null) throw new ConflictError();
  return owner.userId;
}
