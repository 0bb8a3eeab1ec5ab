import type { EntityManager } from 'typeorm';
import { advisoryLocks, takeAdvisoryLock } from '../../database/advisory-locks.js';
import type { User } from '../user.entity.js';

/** The role that opens /admin. */
export const adminRole = 'admin';

/** Whether a user may use /admin. */
export function isAdmin({ status, roles }: Pick<User, 'status' | 'roles'>): boolean {
  return status === 'active' && roles.includes(adminRole);
}

/** Whether any user other than these may use /admin. */
export async function hasAdminBeside(manager: EntityManager, userIds: readonly string[]): Promise<boolean> {
  const admins = await manager.query<unknown[]>(
    `SELECT FROM users
     WHERE '${adminRole}' = ANY (roles) AND status = 'active' AND id <> ALL ($1::uuid[]) LIMIT 1`,
    [userIds],
  );
  return admins.length > 0;
}

/**
 * The same, for a transaction that removes the role from one of these users, or disables one. Such transactions run one
 * after the other. Otherwise two admins could demote each other, and each would still see the other.
 */
export async function keepsAdminBeside(manager: EntityManager, userIds: readonly string[]): Promise<boolean> {
  await manager.query(takeAdvisoryLock, [...advisoryLocks.lastAdmin]);
  return hasAdminBeside(manager, userIds);
}
