import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { pollUntil } from '../database/poll-until.js';
import { type LoginCodePost, LoginCodesService } from '../sessions/login-codes.service.js';
import type { Client } from '../sessions/open-session.js';
import type { SignedIn } from '../users/sign-in/sign-in.service.js';
import { AccountDisabledError } from '../users/status/status.errors.js';
import { AccountDeletingError } from '../users/deletion/deletion.errors.js';
import {
  CodeInvalidError,
  CodeUsedError,
  isRefusedCode,
  WechatUnavailableError,
} from '../wechat/wechat.errors.js';
import { callTimeoutMs } from '../wechat/wechat-resilience.js';
import { LoginLimiter } from './login-limiter.js';

/** Codes of which a node remembers that it has exchanged them. */
const maxRemembered = 10_000;

/** A code, who sent it, and whether a wish to be deleted is taken back. */
export interface ReplayableLogin extends LoginCodePost, Client {
  restore?: boolean;
}

/** The steps of a login. */
export interface LoginSteps<Outcome> {
  /**
   * Exchanges the code, and signs its user in.
   *
   * @param postHash the hash of the post, which the session's row in `login_codes` needs
   */
  signIn: (postHash: Buffer) => Promise<SignedIn>;
  /** Does the rest. Whoever repeats the login on the same node waits for that, too. */
  complete: (signedIn: SignedIn, isRepeat: boolean) => Promise<Outcome>;
}

/**
 * Repeats a login if its code comes again. A code works once at WeChat. A phone that lost the answer, or a button
 * pressed twice, posts it again within `CODE_REPLAY_WINDOW`, and gets a session of its own for the same user.
 */
@Injectable()
export class LoginReplay {
  /** Codes that this node has exchanged, or is about to: the same one again waits, and asks WeChat nothing. */
  readonly #first: LRUCache<string, Promise<void>>;
  readonly #isOff: boolean;

  constructor(
    private readonly loginCodes: LoginCodesService,
    private readonly limit: LoginLimiter,
    { codeReplayWindow }: Settings,
  ) {
    this.#isOff = codeReplayWindow === 0;
    this.#first = new LRUCache({ max: maxRemembered, ttl: Math.max(1, codeReplayWindow * 1_000) });
  }

  /**
   * Logs in with a code; or, if the code has logged its user in a moment ago, on this node or another, repeats that.
   *
   * @throws {CodeUsedError} if the code has opened as many sessions as it may, or its first one has ended
   * @throws {DatabaseUnavailableError} and whatever the steps throw
   */
  async run<Outcome>(login: ReplayableLogin, steps: LoginSteps<Outcome>): Promise<Outcome> {
    const postHash = this.loginCodes.hashPost(login);
    if (this.#isOff) return steps.complete(await steps.signIn(postHash), false);
    const name = `${postHash.toString('base64')} ${login.restore === true}`;
    const first = this.#first.get(name);
    if (first === undefined) return this.runFirst(name, this.signInOrFind(login, postHash, steps));
    await first;
    const repeated = await this.loginCodes.repeat(login);
    if (typeof repeated === 'string') throw new CodeUsedError();
    return steps.complete(repeated, true);
  }

  /** Remembers whether the login succeeded, without its tokens. */
  private async runFirst<Outcome>(name: string, login: Promise<Outcome>): Promise<Outcome> {
    const outcome = login.then(() => {});
    // A code that led to nothing may lead to something the next time. One whose user may not come in will not.
    outcome.catch((error: unknown) => {
      if (error instanceof AccountDisabledError || error instanceof AccountDeletingError) return;
      this.#first.delete(name);
    });
    this.#first.set(name, outcome);
    return login;
  }

  /** If WeChat does not accept the code, another node may have exchanged it a moment ago, for the same phone. */
  private async signInOrFind<Outcome>(
    login: ReplayableLogin,
    postHash: Buffer,
    steps: LoginSteps<Outcome>,
  ): Promise<Outcome> {
    let signedIn: SignedIn;
    try {
      signedIn = await steps.signIn(postHash);
    } catch (error) {
      const isUsed = isUsedCode(error);
      if (!isUsed && !(error instanceof CodeInvalidError)) throw error;
      const repeated = await this.find(login, isUsed ? performance.now() + callTimeoutMs : 0);
      if (typeof repeated === 'string') throw error;
      if (isRefusedCode(error)) this.limit.refund(login.ip);
      return steps.complete(repeated, true);
    }
    return steps.complete(signedIn, false);
  }

  /** Looks for the session that the code has opened: once, and again until another node must have committed. */
  private async find(login: ReplayableLogin, deadline: number): Promise<SignedIn | 'unknown' | 'over'> {
    return pollUntil(
      () => this.loginCodes.repeat(login),
      (found) => found !== 'unknown',
      deadline,
    );
  }
}

/** Whether the code has been used; a lost answer of WeChat may have used it, too. */
function isUsedCode(error: unknown): boolean {
  return (
    error instanceof CodeUsedError ||
    (error instanceof WechatUnavailableError && error.failure === 'answer_lost')
  );
}
