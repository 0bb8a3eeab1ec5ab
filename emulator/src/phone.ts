import { openidOf } from './identifiers.js';
import type { Wechat } from './wechat.js';

/** The phones of all users: what the calls of the same names give there. */
export class Phone {
  constructor(private readonly wechat: Wechat) {}

  /** `wx.login`, called in this app by this user. */
  login(appid: string, user: string): { code: string; errMsg: string } {
    const { clock, loginCodes, sessions, settings, users } = this.wechat;
    const now = clock.now();
    users.named(user);
    const session = sessions.renew(appid, user, now, settings.sessionKeyMinInterval);
    session.keyOnPhone = session.key;
    return { code: loginCodes.issue(session, now), errMsg: 'login:ok' };
  }

  /** `wx.checkSession`: whether the key behind the last code obtained on this phone is still the valid one. */
  checkSession(appid: string, user: string): { errMsg: string } {
    this.wechat.users.named(user);
    const session = this.wechat.sessions.find(openidOf(appid, user));
    if (session?.keyOnPhone !== undefined && session.keyOnPhone === session.key) {
      return { errMsg: 'checkSession:ok' };
    }
    return { errMsg: 'checkSession:fail session time out, need relogin' };
  }
}
