import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database.js';
import { Identity } from './identity.entity.js';
import { User } from './user.entity.js';
import { TooManyRolesError, UserNotActiveError, UserNotFoundError } from './users.errors.js';

/** A user by id, or by the openid in one mini-program. */
export type UserReference = { id: string } | { appid: string; openid: string };

/** What has become of a user's roles. */
export interface RoleChange {
  userId: string;
  /** Whether anything had to be changed. */
  isChanged: boolean;
}

const mostRoles = 16;

/** Whether a text can be the name of a role. */
export function isRoleName(text: string): boolean {
  return /^[a-z][a-z0-9_-]{0,31}$/.test(text);
}

/** Who may do what. */
@Injectable()
export class UserRoles {
  constructor(private readonly database: Database) {}

  /**
   * Gives an active user a role.
   *
   * @throws {UserNotFoundError} {@link UserNotActiveError} {@link TooManyRolesError}
   * @throws {DatabaseUnavailableError}
   */
  async grant(reference: UserReference, role: string): Promise<RoleChange> {
    return this.change(reference, (user) => {
      if (user.status !== 'active') throw new UserNotActiveError(user);
      if (user.roles.includes(role)) return user.roles;
      if (user.roles.length >= mostRoles) {
        throw new TooManyRolesError(mostRoles);
      }
      return [...user.roles, role];
    });
  }

  /**
   * Takes a role from a user, whatever their status.
   *
   * @throws {UserNotFoundError}
   * @throws {DatabaseUnavailableError}
   */
  async revoke(reference: UserReference, role: string): Promise<RoleChange> {
    return this.change(reference, ({ roles }) => roles.filter((each) => each !== role));
  }

  /** Access tokens carry the roles: a change makes those that are out out of date. */
  private async change(reference: UserReference, rolesFor: (user: User) => string[]): Promise<RoleChange> {
    return this.database.transaction(async (manager) => {
      const user = await lockUser(manager, reference);
      const roles = rolesFor(user);
      const isChanged = roles.length !== user.roles.length;
      if (isChanged) {
        await manager.update(User, { id: user.id }, { roles, tokenVersion: user.tokenVersion + 1 });
      }
      return { userId: user.id, isChanged };
    });
  }
}

async function lockUser(manager: EntityManager, reference: UserReference): Promise<User> {
  const id =
    'id' in reference
      ? reference.id
      : (await manager.findOneBy(Identity, { appid: reference.appid, openid: reference.openid }))?.userId;
  const user =
    id === undefined
      ? null
      : await manager.findOne(User, { where: { id }, lock: { mode: 'for_no_key_update' } });
  if (user === null) throw new UserNotFoundError();
  return user;
}
