import { newLoginCode } from './identifiers.js';
import { RecentMap } from './recent-map.js';
import type { Session } from './sessions.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

const lifeSeconds = 300;

/** Number of codes that are remembered, to tell a used code from an unknown one. */
const maxCodes = 200_000;

interface LoginCode {
  readonly session: Session;
  readonly issuedAt: number;
  spent: boolean;
}

/** The codes of `wx.login`. Each is for one app and user, and can be used once, within five minutes. */
export class LoginCodes {
  readonly #codes = new RecentMap<LoginCode>(maxCodes);

  issue(session: Session, now: number): string {
    const code = newLoginCode();
    this.#codes.add(code, { session, issuedAt: now, spent: false });
    return code;
  }

  /** Returns the session of a code. This does not use up the code. */
  findUnused(code: string, appid: string, now: number): Session {
    const known = this.#codes.get(code);
    if (!known || known.session.appid !== appid) throw new WechatError(40029);
    if (known.spent) throw new WechatError(40163);
    if (now - known.issuedAt >= lifeSeconds * 1000) throw new WechatError(40029);
    return known.session;
  }

  spend(code: string): void {
    const known = this.#codes.get(code);
    if (known) known.spent = true;
  }

  clear(): void {
    this.#codes.clear();
  }
}
