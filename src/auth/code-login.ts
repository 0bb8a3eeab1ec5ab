import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings, type WechatApp } from '../config/settings.js';
import { type LoginCodePost, LoginCodes } from '../sessions/login-codes.js';
import type { Client } from '../sessions/open-session.js';
import { type SignedIn, Users } from '../users/users.js';
import { WechatClient } from '../wechat/wechat.client.js';
import { callDeadline } from '../wechat/wechat-calls.js';
import { CodeInvalidError, CodeUsedError, WechatUnavailableError } from '../wechat/wechat.errors.js';
import { LoginLimit } from './login-limit.js';

/** Milliseconds between two looks for a login with the same code that is under way on another node. */
const pause = 100;

const mostRemembered = 10_000;

/** A code, and who sent it. */
export type CodeLoginRequest = LoginCodePost & Client;

/**
 * Signs people in by their codes. A code works once at WeChat; a phone that lost the answer, or a button pressed
 * twice, posts it again within `CODE_REPLAY_WINDOW` and gets a session of its own for the same user.
 */
@Injectable()
export class CodeLogin {
  /** Codes that this node has exchanged, or is about to: the same one again waits, and asks WeChat nothing. */
  readonly #first: LRUCache<string, Promise<void>>;

  constructor(
    private readonly wechat: WechatClient,
    private readonly users: Users,
    private readonly loginCodes: LoginCodes,
    private readonly limit: LoginLimit,
    private readonly settings: Settings,
  ) {
    this.#first = new LRUCache({ max: mostRemembered, ttl: Math.max(1, settings.codeReplayWindow * 1_000) });
  }

  /**
   * @throws {CodeInvalidError} {@link CodeUsedError} and whatever else `WechatClient.code2Session` throws
   * @throws {AccountDisabledError}
   * @throws {LoginLimitError} where codes from this address have failed too often
   * @throws {DatabaseUnavailableError}
   */
  async signIn(app: WechatApp, request: CodeLoginRequest): Promise<SignedIn> {
    await this.limit.check(request.ip);
    try {
      return await (this.settings.codeReplayWindow === 0
        ? this.exchange(app, request)
        : this.firstOrRepeat(app, request));
    } catch (error) {
      if (error instanceof CodeInvalidError || error instanceof CodeUsedError) {
        await this.limit.fail(request.ip);
      }
      throw error;
    }
  }

  private async firstOrRepeat(app: WechatApp, request: CodeLoginRequest): Promise<SignedIn> {
    const name = this.loginCodes.hash(request).postHash.toString('base64');
    const first = this.#first.get(name);
    if (first === undefined) {
      const login = this.exchangeOrFind(app, request);
      // Whether it succeeded, without the tokens. A code that led to nothing may lead to something the next time.
      const outcome = login.then(() => {});
      outcome.catch(() => this.#first.delete(name));
      this.#first.set(name, outcome);
      return login;
    }
    await first;
    const repeated = await this.loginCodes.repeat(request, request);
    if (typeof repeated === 'string') throw new CodeUsedError();
    return repeated;
  }

  /** A code that WeChat does not take may have been taken a moment ago, for the same phone, by another node. */
  private async exchangeOrFind(app: WechatApp, request: CodeLoginRequest): Promise<SignedIn> {
    const deadline = performance.now() + callDeadline;
    try {
      return await this.exchange(app, request);
    } catch (error) {
      const isUsed =
        error instanceof CodeUsedError ||
        (error instanceof WechatUnavailableError && error.failure === 'answer_lost');
      if (!isUsed && !(error instanceof CodeInvalidError)) throw error;
      const repeated = await this.find(request, isUsed ? deadline : 0);
      if (repeated === undefined) throw error;
      return repeated;
    }
  }

  private async exchange(app: WechatApp, request: CodeLoginRequest): Promise<SignedIn> {
    const session = await this.wechat.code2Session(app, request.code);
    return this.users.signIn({ ...session, ...request });
  }

  /** Looks for the session that the code has opened: once, and again until a sibling must have committed. */
  private async find(request: CodeLoginRequest, deadline: number): Promise<SignedIn | undefined> {
    for (;;) {
      const repeated = await this.loginCodes.repeat(request, request);
      if (repeated === 'over') return undefined;
      if (repeated !== 'unknown') return repeated;
      if (performance.now() + pause > deadline) return undefined;
      await sleep(pause);
    }
  }
}
