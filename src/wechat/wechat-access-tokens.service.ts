import { Injectable, Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { WechatApiError } from './wechat-api.error.js';
import { WechatClient } from './wechat.client.js';
import { WechatUnavailableError } from './wechat.errors.js';

/**
 * Milliseconds before its end at which a token is replaced. WeChat makes the next one five minutes before the end, gives
 * this one until then, and lets both in after that.
 */
const renewalLeadMs = 240_000;
/** Milliseconds between two attempts to replace a token that still works. */
const renewalIntervalMs = 30_000;
/** Milliseconds between two forced refreshes. WeChat allows 20 a day to all nodes together. */
const forceIntervalMs = 3_600_000;

/** "Not the latest", "invalid" and "expired": the three ways in which WeChat says that a token does not work. */
const tokenErrcodes: ReadonlySet<number> = new Set([40001, 40014, 42001]);

/**
 * The access_tokens of this deployment's mini-programs, as this node knows them. WeChat gives all who ask the same one,
 * so that nodes need not agree on anything.
 */
@Injectable()
export class WechatAccessTokensService {
  readonly #tokens = new Map<string, AppAccessToken>();

  constructor(private readonly client: WechatClient) {}

  /**
   * Does something with an app's access_token; a second time with a new one, if WeChat turns out not to take the
   * first any more.
   *
   * @throws {WechatUnavailableError} `token_refused` where WeChat takes none, and whatever `work` throws
   * @throws {WechatMisconfiguredError}
   */
  async use<Answer>(
    app: WechatApp,
    work: (accessToken: string) => Promise<Answer | WechatApiError>,
  ): Promise<Answer | WechatApiError> {
    const token = this.of(app);
    const first = await token.get();
    const answer = await work(first);
    if (!isTokenError(answer)) return answer;
    const second = await token.getAnother(first);
    const repeated = await work(second);
    if (!isTokenError(repeated)) return repeated;
    token.drop(second);
    throw tokenRefusedError();
  }

  /** For each app for which a token was needed, how old the one at hand is; undefined if there is none that works. */
  ages(): { appid: string; ageSeconds: number | undefined }[] {
    return [...this.#tokens].map(([appid, token]) => ({ appid, ageSeconds: token.ageSeconds() }));
  }

  private of(app: WechatApp): AppAccessToken {
    let token = this.#tokens.get(app.appid);
    if (token === undefined) {
      token = new AppAccessToken(app, this.client);
      this.#tokens.set(app.appid, token);
    }
    return token;
  }
}

/** What WeChat gave, and when it was asked and the token ends by the monotonic clock. */
interface Token {
  text: string;
  askedAt: number;
  endsAt: number;
}

/** The access_token of one app: asked for once at a time, however many need it. */
class AppAccessToken {
  readonly #logger = new Logger(WechatAccessTokensService.name);
  #current: Token | undefined;
  /** What WeChat must not give again in answer to the renewal under way. */
  #refused: string | undefined;
  #renewal: Promise<string> | undefined;
  #askedAt = -Infinity;
  /** What WeChat said when it gave none, and until when it need not be asked again. */
  #refusal: { error: WechatUnavailableError; until: number } | undefined;
  #forcedAt = -Infinity;

  constructor(
    private readonly app: WechatApp,
    private readonly client: WechatClient,
  ) {}

  /** The one at hand, if it has not ended; its replacement is no reason to wait. */
  async get(): Promise<string> {
    if (this.#current === undefined) return this.renew();
    const now = performance.now();
    const { text, endsAt } = this.#current;
    if (now >= endsAt) return this.renew();
    if (now >= endsAt - renewalLeadMs && now >= this.#askedAt + renewalIntervalMs) {
      // Whoever failed to fetch it has told the operator, and the one at hand still works.
      this.renew().catch(() => {});
    }
    return text;
  }

  /** One in place of a token that WeChat has refused. Someone else may have seen to it. */
  async getAnother(refused: string): Promise<string> {
    if (this.#current?.text === refused) {
      this.#current = undefined;
      this.#refused = refused;
    }
    return this.get();
  }

  /** Forgets a token, and nothing that came after it. WeChat may give it again: it may work the next time. */
  drop(text: string): void {
    if (this.#current?.text === text) this.#current = undefined;
  }

  ageSeconds(): number | undefined {
    const now = performance.now();
    if (this.#current === undefined || now >= this.#current.endsAt) return undefined;
    return (now - this.#current.askedAt) / 1_000;
  }

  private renew(): Promise<string> {
    this.#renewal ??= this.fetch();
    return this.#renewal;
  }

  private async fetch(): Promise<string> {
    const refusedBefore = this.#refused;
    try {
      let token = await this.ask();
      // WeChat may have been asked before the token stopped working, and answered with it.
      if (token.text === this.#refused && token.text !== refusedBefore) token = await this.ask();
      if (token.text === this.#refused) token = await this.force();
      this.#current = token;
      return token.text;
    } finally {
      this.#renewal = undefined;
      this.#refused = undefined;
    }
  }

  private async force(): Promise<Token> {
    const now = performance.now();
    if (now < this.#forcedAt + forceIntervalMs) throw tokenRefusedError();
    this.#forcedAt = now;
    this.#logger.warn(
      `${this.app.appid}: WeChat refuses the access_token that it gives; it is made to give another.`,
    );
    const token = await this.ask(true).catch((error: unknown) => {
      // Should WeChat have done it after all, it gives another token from now on, and none has to be forced.
      this.#forcedAt = now - forceIntervalMs + renewalIntervalMs;
      throw error;
    });
    if (token.text === this.#refused) throw tokenRefusedError();
    return token;
  }

  private async ask(forceRefresh = false): Promise<Token> {
    // Its life is counted from before WeChat was asked: rather too short than too long.
    const askedAt = performance.now();
    if (this.#refusal !== undefined && askedAt < this.#refusal.until) throw this.#refusal.error;
    this.#refusal = undefined;
    this.#askedAt = askedAt;
    try {
      const { accessToken, expiresIn } = await this.client.getStableAccessToken(this.app, forceRefresh);
      return { text: accessToken, askedAt, endsAt: askedAt + expiresIn * 1_000 };
    } catch (error) {
      if (error instanceof WechatUnavailableError && error.failure === 'quota') {
        this.#refusal = { error, until: askedAt + (error.retryAfter ?? 0) * 1_000 };
      }
      throw error;
    }
  }
}

/** Whether WeChat has refused a call for want of a valid access_token, and looked at nothing else. */
export function isTokenError(answer: unknown): boolean {
  return answer instanceof WechatApiError && tokenErrcodes.has(answer.errcode);
}

function tokenRefusedError(): WechatUnavailableError {
  return new WechatUnavailableError('token_refused', {
    cause: new Error('WeChat refuses the access_token that it gives'),
  });
}
