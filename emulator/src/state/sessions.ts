import { newSessionKey, openidOf } from './identifiers.js';

/** WeChat's session of one user in one app. Only one session key is valid at a time. */
export interface Session {
  readonly appid: string;
  readonly user: string;
  readonly openid: string;
  key: string;
  keyChangedAt: number;
  /** The session key of this phone's last code. Absent until `wx.login`. */
  keyOnPhone?: string;
  /** The time of this phone's last `wx.login`, if there was one. */
  loggedInAt?: number;
}

/** One session per app and user, found by its openid. */
export class Sessions {
  readonly #byOpenid = new Map<string, Session>();

  find(openid: string): Session | undefined {
    return this.#byOpenid.get(openid);
  }

  /** Logs in: makes a new key, unless the present one is younger than `minimumSeconds`. */
  renew(appid: string, user: string, now: number, minimumSeconds: number): Session {
    const session = this.find(openidOf(appid, user));
    if (session && now - session.keyChangedAt < minimumSeconds * 1000) return session;
    return this.rotate(appid, user, now);
  }

  /** Makes a new key, whatever the age of the present one. The phone does not know it. */
  rotate(appid: string, user: string, now: number): Session {
    const openid = openidOf(appid, user);
    const session = this.find(openid) ?? { appid, user, openid, key: '', keyChangedAt: now };
    session.key = newSessionKey();
    session.keyChangedAt = now;
    this.#byOpenid.set(openid, session);
    return session;
  }

  /** Replaces the present key, also on the phone. */
  replaceKey(session: Session, key: string, now: number): void {
    if (session.keyOnPhone === session.key) session.keyOnPhone = key;
    session.key = key;
    session.keyChangedAt = now;
  }

  clear(): void {
    this.#byOpenid.clear();
  }
}
