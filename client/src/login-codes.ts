import { toPromise, wechatError, withTimeout } from './promises.js';
import type { Wechat } from './types.js';

/** The time-out that wx.login gets. */
const loginTimeoutMs = 10_000;

/** Some phones never call back. After this time, wx.login has failed. */
const maxWaitMs = 20_000;

/** Codes of wx.login, fetched one at a time. */
export class LoginCodes {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly wx: Wechat) {}

  /** @throws {AuthError} `wx_login_failed` */
  next(): Promise<string> {
    const code = this.last.then(() => this.fetchCode());
    this.last = code.catch(() => undefined);
    return code;
  }

  private async fetchCode(): Promise<string> {
    try {
      const login = toPromise<{ code: string }>((callbacks) =>
        this.wx.login(Object.assign({ timeout: loginTimeoutMs }, callbacks)),
      );
      return (await withTimeout(maxWaitMs, login)).code;
    } catch (failure) {
      throw wechatError('wx_login_failed', failure);
    }
  }
}
