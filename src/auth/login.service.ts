import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { LoginStatsService } from '../audit/login-stats.service.js';
import { Settings, type WechatApp } from '../config/settings.js';
import { ServiceError } from '../errors/service.error.js';
import { describeError } from '../errors/describe-error.js';
import { type LoginCodePost, LoginCodesService } from '../sessions/login-codes.service.js';
import type { Client } from '../sessions/open-session.js';
import { PhoneNumbersService } from '../users/profile/phone-numbers.service.js';
import { AccountDeletingError } from '../users/deletion/deletion.errors.js';
import { AccountDisabledError } from '../users/status/status.errors.js';
import { type SignedIn, SignInService } from '../users/sign-in/sign-in.service.js';
import { WechatClient, type WechatSession } from '../wechat/wechat.client.js';
import { isHarmless } from '../wechat/caller-text.js';
import { callTimeoutMs } from '../wechat/wechat-resilience.js';
import { CodeInvalidError, CodeUsedError, WechatUnavailableError } from '../wechat/wechat.errors.js';
import { LoginLimiter } from './login-limiter.js';

/** Milliseconds between two looks for a login with the same code that is under way on another node. */
const replayPollIntervalMs = 100;

const maxRemembered = 10_000;

/** A code, and who sent it. */
export interface LoginAttempt extends LoginCodePost, Client {
  /** Of the getPhoneNumber button. */
  phoneCode?: string;
  /** Of the privacy policy to which the user has consented. */
  policyVersion?: string;
  /** Whether a wish to be deleted is taken back. */
  restore?: boolean;
}

/** A user who has come in, and what beside that did not work. */
export interface LoginOutcome extends SignedIn {
  warnings: ServiceError[];
}

/**
 * Signs users in by their codes. A code works once at WeChat; a phone that lost the answer, or a button pressed
 * twice, posts it again within `CODE_REPLAY_WINDOW` and gets a session of its own for the same user.
 */
@Injectable()
export class LoginService {
  readonly #logger = new Logger(LoginService.name);
  /** Codes that this node has exchanged, or is about to: the same one again waits, and asks WeChat nothing. */
  readonly #first: LRUCache<string, Promise<void>>;

  constructor(
    private readonly wechat: WechatClient,
    private readonly signInService: SignInService,
    private readonly loginCodes: LoginCodesService,
    private readonly phoneNumbers: PhoneNumbersService,
    private readonly limit: LoginLimiter,
    private readonly stats: LoginStatsService,
    private readonly settings: Settings,
  ) {
    this.#first = new LRUCache({ max: maxRemembered, ttl: Math.max(1, settings.codeReplayWindow * 1_000) });
  }

  /**
   * @throws {CodeInvalidError} {@link CodeUsedError} and whatever else `WechatClient.code2Session` throws
   * @throws {AccountDisabledError} {@link AccountDeletingError}
   * @throws {LoginLimitError} if codes from this address have failed too often
   * @throws {TooManyLoginsError} if other logins from this address take too long
   * @throws {DatabaseUnavailableError}
   */
  async signIn(app: WechatApp, request: LoginAttempt): Promise<LoginOutcome> {
    try {
      this.limit.check(request.ip);
      return await (this.settings.codeReplayWindow === 0
        ? this.exchange(app, request)
        : this.firstOrRepeat(app, request));
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
   * @throws {LoginLimitError} {@link TooManyLoginsError} and whatever `WechatClient.code2Session` throws
   */
  async redeem(app: WechatApp, code: string, ip: string): Promise<WechatSession> {
    return this.limit.run(
      ip,
      () => this.wechat.code2Session(app, code),
      (error) => isRefusedCode(error) || mayBeDueToCode(error, code),
    );
  }

  private async firstOrRepeat(app: WechatApp, request: LoginAttempt): Promise<LoginOutcome> {
    const name = `${this.loginCodes.hash(request).postHash.toString('base64')} ${request.restore === true}`;
    const first = this.#first.get(name);
    if (first === undefined) {
      const login = this.exchangeOrFind(app, request);
      // Whether it succeeded, without the tokens. A code that led to nothing may lead to something the next time; one
      // that led to somebody who may not come in will not.
      const outcome = login.then(() => {});
      outcome.catch((error: unknown) => {
        if (error instanceof AccountDisabledError || error instanceof AccountDeletingError) return;
        this.#first.delete(name);
      });
      this.#first.set(name, outcome);
      return login;
    }
    await first;
    const repeated = await this.repeat(request);
    if (typeof repeated === 'string') throw new CodeUsedError();
    return this.withPhone(repeated, request, { isRepeat: true });
  }

  /** A code that WeChat does not take may have been taken a moment ago, for the same phone, by another node. */
  private async exchangeOrFind(app: WechatApp, request: LoginAttempt): Promise<LoginOutcome> {
    const deadline = performance.now() + callTimeoutMs;
    try {
      return await this.exchange(app, request);
    } catch (error) {
      const isUsed =
        error instanceof CodeUsedError ||
        (error instanceof WechatUnavailableError && error.failure === 'answer_lost');
      if (!isUsed && !(error instanceof CodeInvalidError)) throw error;
      const repeated = await this.find(request, isUsed ? deadline : 0);
      if (repeated === undefined) throw error;
      if (isRefusedCode(error)) this.limit.refund(request.ip);
      return this.withPhone(repeated, request, { isRepeat: true });
    }
  }

  private async exchange(app: WechatApp, request: LoginAttempt): Promise<LoginOutcome> {
    const session = await this.redeem(app, request.code, request.ip);
    const signedIn = await this.signInService.signIn({ ...session, ...request });
    this.stats.count(app.appid, 'succeeded', signedIn.isNewUser);
    return this.withPhone(signedIn, request);
  }

  private async repeat(request: LoginAttempt): Promise<SignedIn | 'unknown' | 'over'> {
    const repeated = await this.loginCodes.repeat(request);
    // The user was new once.
    if (typeof repeated !== 'string') this.stats.count(request.appid, 'succeeded', false);
    return repeated;
  }

  /** Stores the phone number, too. Whatever becomes of that, the user is in. */
  private async withPhone(
    signedIn: SignedIn,
    { phoneCode }: LoginAttempt,
    options: { isRepeat?: boolean } = {},
  ): Promise<LoginOutcome> {
    if (phoneCode === undefined) return { ...signedIn, warnings: [] };
    const { user, appid, sessionId } = signedIn;
    try {
      const phoneSealed = await this.phoneNumbers.savePhoneByCode(
        { userId: user.id, appid, sessionId },
        phoneCode,
        options,
      );
      return { ...signedIn, user: { ...user, phoneSealed }, warnings: [] };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code === 'internal_error') this.#logger.error({ error: describeError(error) });
      return { ...signedIn, warnings: [error] };
    }
  }

  /** Looks for the session that the code has opened: once, and again until a sibling must have committed. */
  private async find(request: LoginAttempt, deadline: number): Promise<SignedIn | undefined> {
    for (;;) {
      const repeated = await this.repeat(request);
      if (repeated === 'over') return undefined;
      if (repeated !== 'unknown') return repeated;
      if (performance.now() + replayPollIntervalMs > deadline) return undefined;
      await sleep(replayPollIntervalMs);
    }
  }
}

function isRefusedCode(error: unknown): boolean {
  return error instanceof CodeInvalidError || error instanceof CodeUsedError;
}

/** Whether WeChat was not asked, or gave no answer, and the code itself may be why. */
function mayBeDueToCode(error: unknown, code: string): boolean {
  return error instanceof WechatUnavailableError && (error.failure === 'refused' || !isHarmless(code));
}
