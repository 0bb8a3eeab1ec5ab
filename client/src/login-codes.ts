import { AuthError } from './auth-error.js';
import { messageOf, promised, within } from './callbacks.js';
import type { Wechat } from './types.js';

/** Milliseconds that wx.login is given. */
const timeout = 10_000;

/** Some phones never answer: nobody waits longer than that. */
const patience = 20_000;

/** Codes of wx.login, asked for one at a time. */
export class LoginCodes {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly wx: Wechat) {}

  /** @throws {AuthError} `wx_login_failed` */
  next(): Promise<string> {
    const code = this.last.then(() => this.ask());
    this.last = code.catch(() => undefined);
    return code;
  }

  private async ask(): Promise<string> {
    try {
      const asked = promised<{ code: string }>((callbacks) =>
        this.wx.login(Object.assign({ timeout }, callbacks)),
      );
      return (await within(patience, asked)).code;
    } catch (failure) {
      throw new AuthError('wx_login_failed', messageOf(failure));
    }
  }
}
