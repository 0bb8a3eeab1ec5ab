import { pause } from './callbacks.js';
import { errorOf } from './problem.js';
import { hasTokens, isUser } from './sound.js';
import type { Answer, Login, LoginOptions, RequestOptions } from './types.js';

/** What a login and a refresh answer. */
export interface TokenAnswer extends Omit<Login, 'isNewUser'> {
  /** Of logins alone. */
  isNewUser?: boolean;
  accessToken: string;
  refreshToken: string;
  /** Seconds. */
  expiresIn: number;
}

/** Milliseconds in which the service takes the same code, with the same key, once more. */
const replayWindow = 10_000;

/** Short enough for a repeat within the window; the service gives WeChat 5 seconds. */
const timeout = 8000;

/** Where an answer is lost, the network is given this long to come back. */
const breath = 1000;

/** The calls that get in, stay in and get out. */
export class Service {
  constructor(
    private readonly url: string,
    private readonly appid: string | undefined,
    private readonly send: (options: RequestOptions) => Promise<Answer>,
  ) {}

  /** @throws {AuthError} */
  async login(code: string, options: LoginOptions): Promise<TokenAnswer> {
    const header = { 'Idempotency-Key': randomKey() };
    const data = Object.assign({ code, appid: this.appid }, options);
    return tokensOf(await this.post('/auth/login', data, header));
  }

  /** @throws {AuthError} */
  async refresh(refreshToken: string): Promise<TokenAnswer> {
    return tokensOf(await this.post('/auth/refresh', { refreshToken }));
  }

  /** @throws {AuthError} where there was no answer */
  async logout(accessToken: string): Promise<void> {
    await this.send(this.options('/auth/logout', { Authorization: `Bearer ${accessToken}` }));
  }

  /** Posts, and once more where the answer was lost: the service knows a repeat when it sees one. */
  private async post(path: string, data: object, header?: Record<string, string>): Promise<Answer> {
    const options = this.options(path, header, data);
    const sentAt = Date.now();
    try {
      return await this.send(options);
    } catch (lost) {
      await pause(breath);
      if (Math.abs(Date.now() - sentAt) > replayWindow) throw lost;
      return this.send(options);
    }
  }

  /** Redirects are not followed: what is sent must not travel on to where they lead. */
  private options(path: string, header?: Record<string, string>, data?: object): RequestOptions {
    return { url: this.url + path, method: 'POST', header, data, redirect: 'manual', timeout };
  }
}

/** It has to be unlike others for ten seconds, and is sent over the same line as the code: this is random enough. */
function randomKey(): string {
  const part = () => Math.random().toString(36).slice(2);
  return part() + part() + part();
}

/** @throws {AuthError} where it holds none, even if it claims to be a success */
function tokensOf(answer: Answer): TokenAnswer {
  const fresh = answer.data as TokenAnswer;
  const isSound = answer.statusCode === 200 && hasTokens(fresh) && fresh.expiresIn > 0 && isUser(fresh.user);
  if (!isSound) throw errorOf(answer);
  return fresh;
}
