import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/database.js';
import { User } from '../user.entity.js';
import { AccountDisabledError } from './status.errors.js';
import { BansService } from './bans.service.js';
import { UserStatusService } from './user-status.service.js';

/** Keeps banned users out, also those whose ban outlived an erasure. */
@Injectable()
export class BanCheckService {
  constructor(
    private readonly status: UserStatusService,
    private readonly bans: BansService,
  ) {}

  /**
   * Refuses a new identity whose former user was erased while disabled, and whose ban is still in force. Call it after
   * the transaction has inserted the identity and the unionid: it has then waited for a concurrent erasure, and sees its
   * ban.
   *
   * @throws {AccountDisabledError}
   */
  async assertNotBanned(
    tx: Transaction,
    { appid, openid, unionid }: { appid: string; openid: string; unionid?: string },
  ): Promise<void> {
    for (const id of await this.bans.findBannedUsers(tx.manager, { identity: { appid, openid }, unionid })) {
      await this.assertNotDisabled(tx, id);
    }
  }

  /** @throws {AccountDisabledError} if the user is disabled, and the ban has not expired */
  async assertNotDisabled(tx: Transaction, userId: string): Promise<void> {
    await this.status.liftExpiredBan(tx, userId);
    const user = await tx.manager.findOneByOrFail(User, { id: userId });
    if (user.status === 'disabled') throw new AccountDisabledError(user);
  }
}
