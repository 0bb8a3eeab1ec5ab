import { Injectable, Logger } from '@nestjs/common';
import { LoginStatsService } from '../audit/login-stats.service.js';
import type { WechatApp } from '../config/settings.js';
import { ServiceError } from '../errors/service.error.js';
import { describeError } from '../errors/describe-error.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import { PhoneNumbersService } from '../users/profile/phone-numbers.service.js';
import { FirstLoginHooks } from '../users/sign-in/first-login-hooks.js';
import { type SignedIn, SignInService } from '../users/sign-in/sign-in.service.js';
import { WechatClient, type WechatSession } from '../wechat/wechat.client.js';
import { isFirewallSafe } from '../wechat/code-checks.js';
import { isRefusedCode, WechatUnavailableError } from '../wechat/wechat.errors.js';
import { LoginLimiter } from './login-limiter.js';
import { LoginLoad } from './login-load.js';
import { LoginReplay, type ReplayableLogin } from './login-replay.js';

/** A code, and who sent it. */
export interface LoginAttempt extends ReplayableLogin {
  /** Of the getPhoneNumber button. */
  phoneCode?: string;
  /** Of the privacy policy to which the user has consented. */
  policyVersion?: string;
}

/** A user who has come in, and what beside that did not work. */
export interface LoginOutcome extends SignedIn {
  warnings: ServiceError[];
}

/** Signs users in by their codes. */
@Injectable()
export class LoginService {
  readonly #logger = new Logger(LoginService.name);

  constructor(
    private readonly wechat: WechatClient,
    private readonly signInService: SignInService,
    private readonly replay: LoginReplay,
    private readonly firstLoginHooks: FirstLoginHooks,
    private readonly phoneNumbers: PhoneNumbersService,
    private readonly limit: LoginLimiter,
    private readonly load: LoginLoad,
    private readonly stats: LoginStatsService,
    private readonly revocations: RevocationsService,
  ) {}

  /**
   * @throws {CodeInvalidError} {@link CodeUsedError} and whatever else `WechatClient.code2Session` throws
   * @throws {AccountDisabledError} {@link AccountDeletingError}
   * @throws {LoginLimitError} if codes from this address have failed too often
   * @throws {TooManyLoginsError} if other logins from this address take too long
   * @throws {DatabaseAwayError} if the database is known to be away: then the code has not been used
   * @throws {DatabaseUnavailableError}
   */
  async signIn(app: WechatApp, attempt: LoginAttempt): Promise<LoginOutcome> {
    try {
      this.limit.check(attempt.ip);
      return await this.replay.run(attempt, {
        signIn: async (postHash) => {
          const { openid, unionid, sessionKey } = await this.redeem(app, attempt.code, attempt.ip);
          // One copy, and the rest by name: V8 copies a second object slowly.
          const signIn = { ...attempt, openid, unionid, sessionKey, postHash };
          return this.load.runSignIn(() => this.signInService.signIn(signIn));
        },
        complete: async (signedIn, isRepeat) => {
          // In a repeat, the user was new once.
          const isFirstLogin = signedIn.isNewUser && !isRepeat;
          if (isFirstLogin) await this.firstLoginHooks.run({ id: signedIn.user.id, appid: app.appid });
          const outcome = await this.savePhone(signedIn, attempt, isRepeat);
          this.stats.count(app.appid, 'succeeded', isFirstLogin);
          return outcome;
        },
      });
    } catch (error) {
      this.stats.count(app.appid, error instanceof ServiceError ? error.code : 'internal_error', false);
      throw error;
    }
  }

  /**
   * What a code stands for at WeChat, without signing anybody in.
   *
   * @param ip where it comes from: one that WeChat refuses, or something before WeChat, counts against that address, and
   *   at once, since the search for its login takes a while
   * @throws {DatabaseAwayError} without asking WeChat, if the database is known to be away: the code stays good
   * @throws {LoginLimitError} {@link TooManyLoginsError} and whatever `WechatClient.code2Session` throws
   */
  async redeem(app: WechatApp, code: string, ip: string): Promise<WechatSession> {
    this.revocations.assertDatabaseAnswers();
    return this.limit.run(
      ip,
      () => this.wechat.code2Session(app, code),
      (error) => isRefusedCode(error) || mayBeDueToCode(error, code),
    );
  }

  /** Stores the phone number, too. Whatever becomes of that, the user is in. */
  private async savePhone(
    signedIn: SignedIn,
    { phoneCode }: LoginAttempt,
    isRepeat: boolean,
  ): Promise<LoginOutcome> {
    if (phoneCode === undefined) return { ...signedIn, warnings: [] };
    const { user, appid, sessionId } = signedIn;
    try {
      const owner = { userId: user.id, appid, sessionId };
      const phoneSealed = await this.phoneNumbers.savePhoneByCode(owner, phoneCode, { isRepeat });
      return { ...signedIn, user: { ...user, phoneSealed }, warnings: [] };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code === 'internal_error') this.#logger.error({ error: describeError(error) });
      return { ...signedIn, warnings: [error] };
    }
  }
}

/** Whether WeChat was not asked, or gave no answer, and the code itself may be why. */
function mayBeDueToCode(error: unknown, code: string): boolean {
  return error instanceof WechatUnavailableError && (error.failure === 'refused' || !isFirewallSafe(code));
}
