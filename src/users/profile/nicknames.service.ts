import { Injectable } from '@nestjs/common';
import { AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import { Database } from '../../database/database.js';
import { TextCheckClient, type TextVerdict } from '../../wechat/text-check.client.js';
import { WechatAppsService } from '../../wechat/wechat-apps.service.js';
import {
  ContentRejectedError,
  LoginAgainError,
  TooManyWechatCallsError,
  WechatMisconfiguredError,
  WechatRateLimitedError,
  WechatUnavailableError,
} from '../../wechat/wechat.errors.js';
import { Identity } from '../identities/identity.entity.js';
import { NicknameCheck } from './nickname-check.entity.js';
import { findSessionIdentity, type SessionUserRef } from '../identities/session-identity.js';
import { User } from '../user.entity.js';

/**
 * What WeChat says of a nickname. If it cannot be asked: `away` if that is WeChat's trouble or this server's, `crowded` if
 * too much was asked of it, which users themselves can bring about.
 */
type Judgement = TextVerdict | 'away' | 'crowded';

/** The nicknames of users, which WeChat judges: at once, or later where it cannot be asked. */
@Injectable()
export class NicknamesService {
  constructor(
    private readonly textCheck: TextCheckClient,
    private readonly apps: WechatAppsService,
    private readonly audit: AuditLogService,
    private readonly database: Database,
  ) {}

  /**
   * Sets the nickname of a user, or clears it with null. If WeChat cannot be asked because too much is asked of it, the
   * nickname waits, and the old one stays until WeChat has judged the new one. Nothing changes if the user is not active.
   *
   * @throws {ContentRejectedError} {@link LoginAgainError}
   * @throws {DatabaseUnavailableError}
   */
  async change(person: SessionUserRef, nickname: string | null): Promise<void> {
    const { userId } = person;
    const identity = await this.database.run((manager) => findSessionIdentity(manager, person));
    const judgement = nickname === null ? 'pass' : await this.judge(identity, nickname);
    if (isRejection(judgement)) throw new ContentRejectedError();
    await this.database.transaction(async ({ manager }) => {
      // Locks the user first: of two changes at once, the check that stays is the later one's, like the nickname.
      const user = await manager.findOne(User, {
        where: { id: userId, status: 'active' },
        lock: { mode: 'for_no_key_update' },
      });
      if (user === null) return;
      const before = await manager.findOneBy(NicknameCheck, { userId });
      await manager.delete(NicknameCheck, { userId });
      if (judgement === 'crowded') {
        await manager.insert(NicknameCheck, {
          userId,
          appid: identity!.appid,
          waitingNickname: nickname,
          judgesShown: before?.judgesShown ?? false,
        });
        return;
      }
      await manager.update(User, { id: userId }, { nickname });
      if (judgement === 'away') await manager.insert(NicknameCheck, { userId, appid: identity!.appid });
    });
  }

  /** The nickname that a user has chosen, and that nobody sees yet. */
  async waitingOf(userId: string): Promise<string | null> {
    const check = await this.database.run((manager) => manager.findOneBy(NicknameCheck, { userId }));
    return check?.waitingNickname ?? null;
  }

  /**
   * Has WeChat judge the nickname of a user that it could not judge before. One that waits is shown, or dropped; one that
   * is shown stays, or is cleared.
   *
   * @param check as it was when the nickname was chosen
   * @returns whether WeChat could be asked
   * @throws {DatabaseUnavailableError}
   */
  async recheck({
    userId,
    appid,
    waitingNickname,
  }: Pick<NicknameCheck, 'userId' | 'appid' | 'waitingNickname'>): Promise<boolean> {
    const [user, identity] = await this.database.run((manager) =>
      Promise.all([manager.findOneBy(User, { id: userId }), manager.findOneBy(Identity, { userId, appid })]),
    );
    if (user === null) return true;
    try {
      const judgement = await this.judgeLater(identity, { waitingNickname, shownNickname: user.nickname });
      if (judgement === 'away' || judgement === 'crowded') return false;
      await this.settle({ userId, waitingNickname, shownNickname: user.nickname }, judgement);
    } catch (error) {
      // May be judged once the user is back.
      if (!(error instanceof LoginAgainError)) throw error;
    }
    return true;
  }

  /** @throws {LoginAgainError} */
  private async judgeLater(
    identity: Identity | null,
    { waitingNickname, shownNickname }: { waitingNickname: string | null; shownNickname: string | null },
  ): Promise<Judgement> {
    // Whoever unlinks the mini-program must not get round the check by that.
    if (waitingNickname !== null && identity === null) return 'review';
    const nickname = waitingNickname ?? shownNickname;
    return nickname === null ? 'pass' : this.judge(identity, nickname);
  }

  /** @throws {LoginAgainError} */
  private async judge(identity: Identity | null, nickname: string): Promise<Judgement> {
    const app = identity === null ? undefined : this.apps.find(identity.appid);
    // WeChat judges texts of people it knows: not those of an operator's token.
    if (app === undefined || identity === null) return 'skipped';
    try {
      return await this.textCheck.checkText(app, { openid: identity.openid, text: nickname });
    } catch (error) {
      if (isCrowded(error)) return 'crowded';
      if (error instanceof WechatUnavailableError || error instanceof WechatMisconfiguredError) return 'away';
      throw error;
    }
  }

  /** Carries out the verdict on a nickname, unless the user has chosen another one since. */
  private async settle(
    judged: { userId: string; waitingNickname: string | null; shownNickname: string | null },
    verdict: TextVerdict,
  ): Promise<void> {
    const { userId, waitingNickname, shownNickname } = judged;
    await this.database.transaction(async ({ manager }) => {
      const user = await manager.findOne(User, {
        where: { id: userId },
        lock: { mode: 'for_no_key_update' },
      });
      const check = await manager.findOneBy(NicknameCheck, { userId });
      if (user === null || check === null || check.waitingNickname !== waitingNickname) return;
      if (waitingNickname === null && user.nickname !== shownNickname) return;
      await manager.delete(NicknameCheck, { userId });
      if (!isRejection(verdict)) {
        if (waitingNickname !== null) {
          await manager.update(User, { id: userId }, { nickname: waitingNickname });
        }
        return;
      }
      if (waitingNickname === null) await manager.update(User, { id: userId }, { nickname: null });
      else if (check.judgesShown) await manager.insert(NicknameCheck, { userId, appid: check.appid });
      await this.audit.record(manager, {
        ...serviceActor,
        action: 'user.nickname_rejected',
        userId,
        details: { verdict },
      });
    });
  }
}

function isRejection(judgement: Judgement): boolean {
  return judgement === 'review' || judgement === 'risky';
}

/** Whether WeChat was asked for more than it, or this node, allows. */
function isCrowded(error: unknown): boolean {
  return (
    error instanceof WechatRateLimitedError ||
    error instanceof TooManyWechatCallsError ||
    (error instanceof WechatUnavailableError && error.failure === 'quota')
  );
}
