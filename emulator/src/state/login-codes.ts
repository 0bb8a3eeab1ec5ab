import { newLoginCode } from './identifiers.js';
import { RecentMap } from './recent-map.js';
import type { Session } from './sessions.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

const lifeSeconds = 300;

/** A spent code is told from an unknown one for as long as it is among the last so many. */
const codesKept = 200_000;

interface LoginCode {
  readonly session: Session;
  readonly issuedAt: number;
  spent: boolean;
}

/** The codes of `wx.login`: each for one app and user, good for five minutes and once. */
export class LoginCodes {
  readonly #codes = new RecentMap<LoginCode>(codesKept);

  issue(session: Session, now: number): string {
    const code = newLoginCode();
    this.#codes.add(code, { session, issuedAt: now, spent: false });
    return code;
  }

  /** The session that a code stands for. Looking does not spend the code. */
  redeemable(code: string, appid: string, now: number): Session {
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
