import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { findAllUserIds, resolveCanonicalUserId } from './identities/canonical-user.js';
import { Identity } from './identities/identity.entity.js';
import { Unionid } from './identities/unionid.entity.js';
import { User } from './user.entity.js';

/** Finds users and what belongs to them. */
@Injectable()
export class UsersService {
  constructor(private readonly database: Database) {}

  /** The user, or null if the id is unknown. */
  async find(id: string): Promise<User | null> {
    return this.database.run((manager) => manager.findOneBy(User, { id }));
  }

  /** The user that an id means now: the one into which it was merged, or itself. Null if the id is unknown. */
  async findCanonical(id: string): Promise<User | null> {
    return this.database.run(async (manager) => {
      const canonicalId = await resolveCanonicalUserId(manager, id);
      return canonicalId === undefined ? null : manager.findOneBy(User, { id: canonicalId });
    });
  }

  /** The unionids that lead to the user. */
  async findUnionids(userId: string): Promise<string[]> {
    const rows = await this.database.run((manager) =>
      manager.find(Unionid, { where: { userId }, order: { unionid: 'ASC' } }),
    );
    return rows.map(({ unionid }) => unionid);
  }

  /** The ids under which a user's sessions and events are stored: their own, and those of users merged into them. */
  async findAllIds(id: string): Promise<string[]> {
    return this.database.run((manager) => findAllUserIds(manager, id));
  }

  /** The user's identities, the oldest link first. */
  async findIdentities(userId: string): Promise<Identity[]> {
    return this.database.run((manager) =>
      manager.find(Identity, { where: { userId }, order: { linkedAt: 'ASC', id: 'ASC' } }),
    );
  }
}
