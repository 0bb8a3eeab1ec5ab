import { Injectable } from '@nestjs/common';
import { IsNull, type QueryDeepPartialEntity } from 'typeorm';
import { type Actor, AuditLogService } from '../../audit/audit-log.service.js';
import { Database } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import { lockCanonicalUser } from '../identities/lock-user.js';
import { User } from '../user.entity.js';
import { AvatarsService } from './avatars.service.js';
import { NicknameCheck } from './nickname-check.entity.js';

/** What the service stores of the data that a user can withdraw in WeChat. */
export type WithdrawnField = 'phone' | 'nickname' | 'avatar';

/** Follows what users do to their profile in WeChat: they withdraw data, or change it. */
@Injectable()
export class ProfileWithdrawalService {
  constructor(
    private readonly database: Database,
    private readonly avatars: AvatarsService,
    private readonly audit: AuditLogService,
    private readonly events: EventsService,
  ) {}

  /**
   * Clears fields of a user, whatever the status, and a nickname that waits for WeChat's check. After a failure, it can be
   * called again.
   *
   * @param appid the mini-program in which the user has withdrawn them
   * @throws {DatabaseUnavailableError}, and what the storage of avatars throws
   */
  async withdraw(
    userId: string,
    { appid, fields }: { appid: string; fields: readonly WithdrawnField[] },
    actor: Actor,
  ): Promise<void> {
    // The file first: while the row names it, it is not forgotten.
    const removedKey = fields.includes('avatar') ? await this.avatars.removeFileOf(userId) : null;
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      const user = await lockCanonicalUser(manager, userId);
      if (user.erasedAt !== null) return;
      const changes: QueryDeepPartialEntity<User> = {
        ...(fields.includes('phone') && { phoneSealed: null, phoneIndex: null }),
        ...(fields.includes('nickname') && { nickname: null }),
        // The user may have uploaded another one since then.
        ...(removedKey !== null && removedKey === user.avatarKey && { avatarKey: null }),
      };
      if (fields.includes('nickname')) await manager.delete(NicknameCheck, { userId: user.id });
      if (Object.keys(changes).length > 0) {
        await manager.update(User, { id: user.id }, changes);
        await this.events.record(tx, { type: 'user.updated', userId: user.id });
      }
      await this.audit.record(manager, {
        ...actor,
        action: 'user.authorization_revoked',
        userId: user.id,
        details: { appid, fields },
      });
    });
  }

  /**
   * Notes that the nickname or the avatar of a user in WeChat is another one now. WeChat does not say which.
   *
   * @throws {DatabaseUnavailableError}
   */
  async markStale(userId: string): Promise<void> {
    await this.database.run((manager) =>
      manager.update(User, { id: userId, erasedAt: IsNull() }, { profileStaleSince: () => 'now()' }),
    );
  }
}
