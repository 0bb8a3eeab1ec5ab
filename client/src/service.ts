import { sleep } from './promises.js';
import { toAuthError } from './problem.js';
import { hasTokens, isUser } from './type-guards.js';
import type { Answer, AuthOptions, Login, LoginOptions, RequestOptions } from './types.js';

/** The response to a login or a refresh. */
export interface TokenAnswer extends Omit<Login, 'isNewUser'> {
  /** Only logins have it. */
  isNewUser?: boolean;
  accessToken: string;
  refreshToken: string;
  /** Seconds. */
  expiresIn: number;
}

/** In this time, the service accepts the same code with the same key again. */
const replayWindowMs = 10_000;

/** Short enough to repeat a login within the window. The service gives WeChat 5 seconds. */
const timeoutMs = 8000;

/** If an answer is lost, the client waits this long for the network to come back. */
const repeatDelayMs = 1000;

/** The service's login, refresh and logout. */
export class Service {
  constructor(
    private readonly url: string,
    private readonly appid: string | undefined,
    private readonly unwrap: AuthOptions['unwrap'],
    private readonly send: (options: RequestOptions) => Promise<Answer>,
  ) {}

  /** @throws {AuthError} */
  async login(code: string, options: LoginOptions): Promise<TokenAnswer> {
    const header = { 'Idempotency-Key': createRandomKey() };
    const data = Object.assign({ code, appid: this.appid }, options);
    return this.readTokens(await this.post('/auth/login', data, header));
  }

  /** @throws {AuthError} */
  async refresh(refreshToken: string): Promise<TokenAnswer> {
    return this.readTokens(await this.post('/auth/refresh', { refreshToken }));
  }

  /** @throws {AuthError} if there was no answer */
  async logout(accessToken: string): Promise<void> {
    await this.send(this.toRequest('/auth/logout', { Authorization: `Bearer ${accessToken}` }));
  }

  /** If the answer is lost, posts the same once more. The service recognizes a repeat. */
  private async post(path: string, data: object, header?: Record<string, string>): Promise<Answer> {
    const request = this.toRequest(path, header, data);
    const sentAt = Date.now();
    try {
      return await this.send(request);
    } catch (lost) {
      await sleep(repeatDelayMs);
      if (Math.abs(Date.now() - sentAt) > replayWindowMs) throw lost;
      return this.send(request);
    }
  }

  /** Redirects are not followed, because codes and tokens must not be sent to where they lead. */
  private toRequest(path: string, header?: Record<string, string>, data?: object): RequestOptions {
    return { url: this.url + path, method: 'POST', header, data, redirect: 'manual', timeout: timeoutMs };
  }

  /** @throws {AuthError} if the answer has no tokens, whatever its status */
  private readTokens(raw: Answer): TokenAnswer {
    const { unwrap } = this;
    const answer = unwrap ? Object.assign({}, raw, { data: unwrap(raw) }) : raw;
    const tokens = answer.data as TokenAnswer;
    const isValid =
      answer.statusCode === 200 && hasTokens(tokens) && tokens.expiresIn > 0 && isUser(tokens.user);
    if (!isValid) throw toAuthError(answer);
    return tokens;
  }
}

/** The key has to be unique for ten seconds, and travels with the code. So Math.random is random enough. */
function createRandomKey(): string {
  const part = () => Math.random().toString(36).slice(2);
  return part() + part() + part();
}
