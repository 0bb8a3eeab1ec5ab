import { newSessionKey, openidOf } from './identifiers.js';

/** What WeChat holds about one user in one app: only one session key is valid at a time. */
export interface Session {
  readonly appid: string;
  readonly user: string;
  readonly openid: string;
  key: string;
  keyChangedAt: number;
  /** The key that the last code obtained on this phone stands for; absent until `wx.login`. */
  keyOnPhone?: string;
  /** When this phone last called `wx.login`; absent until then. */
  loggedInAt?: number;
}

/** One session per app and user, found by its openid. */
export class Sessions {
  readonly #byOpenid = new Map<string, Session>();

  find(openid: string): Session | undefined {
    return this.#byOpenid.get(openid);
  }

  /** What `wx.login` does: a new key, unless the present one is younger than `minimumSeconds`. */
  renew(appid: string, user: string, now: number, minimumSeconds: number): Session {
    const session = this.find(openidOf(appid, user));
    if (session && now - session.keyChangedAt < minimumSeconds * 1000) return session;
    return this.rotate(appid, user, now);
  }

  /** A new key, whatever the age of the present one; the phone knows nothing of it. */
  rotate(appid: string, user: string, now: number): Session {
    const openid = openidOf(appid, user);
    const session = this.find(openid) ?? { appid, user, openid, key: '', keyChangedAt: now };
    session.key = newSessionKey();
    session.keyChangedAt = now;
    this.#byOpenid.set(openid, session);
    return session;
  }

  /** A key that takes over from the present one, on the phone too. */
  replaceKey(session: Session, key: string, now: number): void {
    if (session.keyOnPhone === session.key) session.keyOnPhone = key;
    session.key = key;
    session.keyChangedAt = now;
  }

  clear(): void {
    this.#byOpenid.clear();
  }
}
