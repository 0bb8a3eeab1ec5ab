import { Injectable } from '@nestjs/common';
import { AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import { Database } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
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
import { lockUser } from '../identities/lock-user.js';
import {
  findSessionIdentity,
  type SessionIdentity,
  type SessionUserRef,
} from '../identities/session-identity.js';
import { User } from '../user.entity.js';

/**
 * WeChat's verdict on a nickname. Without a verdict: `unavailable` if WeChat or this server has failed, `limited` if a limit
 * of calls was reached, which users themselves can cause.
 */
type Judgement = TextVerdict | 'unavailable' | 'limited';

/** The nicknames of users. WeChat checks them: at once, or later if it cannot be asked now. */
@Injectable()
export class NicknamesService {
  constructor(
    private readonly textCheck: TextCheckClient,
    private readonly apps: WechatAppsService,
    private readonly audit: AuditLogService,
    private readonly events: EventsService,
    private readonly database: Database,
  ) {}

  /**
   * Sets the nickname of a user, or clears it with null. If a limit of calls to WeChat is reached, the nickname waits, and
   * the old one stays until WeChat has checked the new one. Nothing changes if the user is not active.
   *
   * @throws {ContentRejectedError} {@link LoginAgainError}
   * @throws {DatabaseUnavailableError}
   */
  async change(sessionUser: SessionUserRef, nickname: string | null): Promise<void> {
    const { userId } = sessionUser;
    const identity = await findSessionIdentity(this.database, sessionUser);
    const judgement = nickname === null ? 'pass' : await this.judge(identity, nickname);
    if (isRejection(judgement)) throw new ContentRejectedError();
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      // Locks the user first: of two concurrent changes, the nickname and the check of the later one stay.
      const user = await lockUser(manager, userId);
      if (user?.status !== 'active') return;
      const before = await manager.findOneBy(NicknameCheck, { userId });
      await manager.delete(NicknameCheck, { userId });
      if (judgement === 'limited') {
        await manager.insert(NicknameCheck, {
          userId,
          appid: identity!.appid,
          waitingNickname: nickname,
          judgesShown: before?.judgesShown ?? false,
        });
        return;
      }
      await manager.update(User, { id: userId }, { nickname, profileStaleSince: null });
      await this.events.record(tx, { type: 'user.updated', userId });
      if (judgement === 'unavailable') {
        await manager.insert(NicknameCheck, { userId, appid: identity!.appid });
      }
    });
  }

  /** The nickname that waits for WeChat's check; nobody else sees it. */
  async findWaitingNickname(userId: string): Promise<string | null> {
    const check = await this.database.run((manager) => manager.findOneBy(NicknameCheck, { userId }));
    return check?.waitingNickname ?? null;
  }

  /**
   * Asks WeChat again about a nickname that it could not check before. A waiting nickname becomes visible or is dropped. A
   * visible nickname stays or is cleared.
   *
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
      if (judgement === 'unavailable' || judgement === 'limited') return false;
      await this.settle({ userId, waitingNickname, shownNickname: user.nickname }, judgement);
    } catch (error) {
      // WeChat can check it after the next login of the user.
      if (!(error instanceof LoginAgainError)) throw error;
    }
    return true;
  }

  /** @throws {LoginAgainError} */
  private async judgeLater(
    identity: SessionIdentity | null,
    { waitingNickname, shownNickname }: { waitingNickname: string | null; shownNickname: string | null },
  ): Promise<Judgement> {
    // Unlinking the mini-program must not avoid the check.
    if (waitingNickname !== null && identity === null) return 'review';
    const nickname = waitingNickname ?? shownNickname;
    return nickname === null ? 'pass' : this.judge(identity, nickname);
  }

  /** @throws {LoginAgainError} */
  private async judge(identity: SessionIdentity | null, nickname: string): Promise<Judgement> {
    const app = identity === null ? undefined : this.apps.find(identity.appid);
    // WeChat checks texts only for an openid. A session of `admin:token` has none.
    if (app === undefined || identity === null) return 'skipped';
    try {
      return await this.textCheck.checkText(app, { openid: identity.openid, text: nickname });
    } catch (error) {
      if (isLimited(error)) return 'limited';
      if (error instanceof WechatUnavailableError || error instanceof WechatMisconfiguredError) {
        return 'unavailable';
      }
      throw error;
    }
  }

  /** Applies the verdict on a nickname, unless the user has chosen another one since. */
  private async settle(
    judged: { userId: string; waitingNickname: string | null; shownNickname: string | null },
    verdict: TextVerdict,
  ): Promise<void> {
    const { userId, waitingNickname, shownNickname } = judged;
    await this.database.transaction(async (tx) => {
      const { manager } = tx;
      const user = await lockUser(manager, userId);
      const check = await manager.findOneBy(NicknameCheck, { userId });
      if (user === null || check === null || check.waitingNickname !== waitingNickname) return;
      if (waitingNickname === null && user.nickname !== shownNickname) return;
      await manager.delete(NicknameCheck, { userId });
      if (!isRejection(verdict)) {
        if (waitingNickname !== null) {
          await manager.update(User, { id: userId }, { nickname: waitingNickname, profileStaleSince: null });
          await this.events.record(tx, { type: 'user.updated', userId });
        }
        return;
      }
      if (waitingNickname === null) {
        await manager.update(User, { id: userId }, { nickname: null });
        await this.events.record(tx, { type: 'user.updated', userId });
      } else if (check.judgesShown) await manager.insert(NicknameCheck, { userId, appid: check.appid });
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

/** Whether a limit of calls was reached, at WeChat or on this node. */
function isLimited(error: unknown): boolean {
  return (
    error instanceof WechatRateLimitedError ||
    error instanceof TooManyWechatCallsError ||
    (error instanceof WechatUnavailableError && error.failure === 'quota')
  );
}
