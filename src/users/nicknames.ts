import { Injectable } from '@nestjs/common';
import { Audit, serviceActor } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { TextCheckClient, type TextVerdict } from '../wechat/text-check.client.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import {
  ContentRejectedError,
  LoginAgainError,
  OverloadedError,
  WechatMisconfiguredError,
  WechatRateLimitedError,
  WechatUnavailableError,
} from '../wechat/wechat.errors.js';
import { Identity } from './identity.entity.js';
import { NicknameCheck } from './nickname-check.entity.js';
import { identityOf, type PersonInSession } from './session-identity.js';
import { User } from './user.entity.js';

/** The nicknames of users, which WeChat judges: at once, or later where it cannot be asked. */
@Injectable()
export class Nicknames {
  constructor(
    private readonly textCheck: TextCheckClient,
    private readonly apps: WechatApps,
    private readonly audit: Audit,
    private readonly database: Database,
  ) {}

  /**
   * Sets the nickname of a user, or clears it with null. Nothing changes where the user is not active.
   *
   * @throws {ContentRejectedError} {@link LoginAgainError}
   * @throws {DatabaseUnavailableError}
   */
  async change(person: PersonInSession, nickname: string | null): Promise<void> {
    const { userId } = person;
    const identity = await this.database.run((manager) => identityOf(manager, person));
    const verdict = nickname === null ? 'pass' : await this.judge(identity, nickname);
    if (isRejection(verdict)) throw new ContentRejectedError();
    await this.database.transaction(async (manager) => {
      // Locks the user first: of two changes at once, the check that stays is the later one's, like the nickname.
      const { affected } = await manager.update(User, { id: userId, status: 'active' }, { nickname });
      if (affected === 0) return;
      await manager.delete(NicknameCheck, { userId });
      if (verdict === 'none') await manager.insert(NicknameCheck, { userId, appid: identity!.appid });
    });
  }

  /**
   * Has WeChat judge the nickname of a user that it could not judge before, and clears it where it is rejected.
   *
   * @param appid the mini-program through which the person chose it
   * @returns whether WeChat could be asked
   * @throws {DatabaseUnavailableError}
   */
  async recheck({ userId, appid }: Pick<NicknameCheck, 'userId' | 'appid'>): Promise<boolean> {
    const [user, identity] = await this.database.run((manager) =>
      Promise.all([manager.findOneBy(User, { id: userId }), manager.findOneBy(Identity, { userId, appid })]),
    );
    if (user === null) return true;
    const { nickname } = user;
    try {
      const verdict = nickname === null ? 'pass' : await this.judge(identity, nickname);
      if (verdict === 'none') return false;
      await this.settle(userId, nickname, verdict);
    } catch (error) {
      // May be judged once the person is back.
      if (!(error instanceof LoginAgainError)) throw error;
    }
    return true;
  }

  /**
   * WeChat's verdict, or `none` where it cannot be asked at the moment.
   *
   * @throws {LoginAgainError}
   */
  private async judge(identity: Identity | null, nickname: string): Promise<TextVerdict | 'none'> {
    const app = identity === null ? undefined : this.apps.find(identity.appid);
    // WeChat judges texts of people it knows: not those of an operator's token.
    if (app === undefined || identity === null) return 'skipped';
    try {
      return await this.textCheck.checkText(app, { openid: identity.openid, text: nickname });
    } catch (error) {
      if (isTrouble(error)) return 'none';
      throw error;
    }
  }

  /** Carries out the verdict on a nickname, unless the user has another one by now. */
  private async settle(userId: string, nickname: string | null, verdict: TextVerdict): Promise<void> {
    await this.database.transaction(async (manager) => {
      const user = await manager.findOne(User, {
        where: { id: userId },
        lock: { mode: 'for_no_key_update' },
      });
      if (user?.nickname !== nickname) return;
      await manager.delete(NicknameCheck, { userId });
      if (!isRejection(verdict)) return;
      await manager.update(User, { id: userId }, { nickname: null });
      await this.audit.record(manager, {
        ...serviceActor,
        action: 'user.nickname_rejected',
        userId,
        details: { verdict },
      });
    });
  }
}

function isRejection(verdict: TextVerdict | 'none'): boolean {
  return verdict === 'review' || verdict === 'risky';
}

/** Whether it is WeChat's trouble, or this server's with it, and not the person's. */
function isTrouble(error: unknown): boolean {
  return (
    error instanceof WechatUnavailableError ||
    error instanceof WechatMisconfiguredError ||
    error instanceof WechatRateLimitedError ||
    error instanceof OverloadedError
  );
}
