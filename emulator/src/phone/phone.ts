import { openidOf } from '../state/identifiers.js';
import { encryptOpenData, signRawData, type EncryptedData, type Watermark } from './open-data.js';
import { phoneInfoOf } from '../state/phone-numbers.js';
import { stepInfoList } from './steps.js';
import { visibleUnionid } from '../state/unionid.js';
import { anonymousUserInfo, type UserInfo } from './user-info.js';
import type { WechatState } from '../state/wechat-state.js';

/**
 * The result of `wx.getUserInfo` and `wx.getUserProfile`. Before the first `wx.login`, there is no key to sign and encrypt
 * with.
 */
export interface UserInfoAnswer extends Partial<EncryptedData> {
  errMsg: string;
  rawData: string;
  userInfo: UserInfo;
  signature?: string;
}

/** The `detail` of the getPhoneNumber button's event: no code if the user refused, no data before a `wx.login`. */
export interface PhoneNumberAnswer extends Partial<EncryptedData> {
  errMsg: string;
  code?: string;
}

/** The result of `wx.getWeRunData`. */
export interface WeRunAnswer extends Partial<EncryptedData> {
  errMsg: string;
}

/** A page that a phone opens. */
export interface OpenedPage {
  path: string;
  query: Record<string, string>;
}

/** The phones of all users: the results of the calls and buttons of the same names. */
export class Phone {
  constructor(private readonly wechat: WechatState) {}

  /** `wx.login`, called in this app by this user. */
  login(appid: string, user: string): { code: string; errMsg: string } {
    const { clock, loginCodes, sessions, settings, users } = this.wechat;
    const now = clock.now();
    users.getOrCreate(user);
    const session = sessions.renew(appid, user, now, settings.sessionKeyMinInterval);
    session.keyOnPhone = session.key;
    session.loggedInAt = now;
    return { code: loginCodes.issue(session, now), errMsg: 'login:ok' };
  }

  /** `wx.checkSession`: whether the session key of this phone's last code is still valid. */
  checkSession(appid: string, user: string): { errMsg: string } {
    this.wechat.users.getOrCreate(user);
    const session = this.wechat.sessions.find(openidOf(appid, user));
    if (session?.keyOnPhone !== undefined && session.keyOnPhone === session.key) {
      return { errMsg: 'checkSession:ok' };
    }
    return { errMsg: 'checkSession:fail session time out, need relogin' };
  }

  /** `wx.getUserInfo`: since 2022 without user data, but with the ids. */
  getUserInfo(appid: string, user: string, withCredentials = true): UserInfoAnswer {
    const unionId = visibleUnionid(this.wechat, appid, user);
    const answer = this.userInfoAnswer('getUserInfo:ok', appid, user, {
      openId: openidOf(appid, user),
      ...anonymousUserInfo,
      ...(unionId && { unionId }),
    });
    if (!withCredentials) {
      delete answer.encryptedData;
      delete answer.iv;
    }
    return answer;
  }

  /** `wx.getUserProfile`: since 2022 without user data, and without ids. */
  getUserProfile(appid: string, user: string): UserInfoAnswer {
    return this.userInfoAnswer('getUserProfile:ok', appid, user, anonymousUserInfo);
  }

  /** A tap on the getPhoneNumber button. With `deny`, the user refuses. */
  getPhoneNumber(appid: string, user: string, deny = false): PhoneNumberAnswer {
    const { clock, phoneNumbers, users } = this.wechat;
    const known = users.getOrCreate(user);
    if (deny) return { errMsg: 'getPhoneNumber:fail user deny' };
    const now = clock.now();
    const info = phoneInfoOf(known, this.watermark(appid));
    const pair = this.encrypt(appid, user, { ...info, countryCode: String(info.countryCode) });
    if (pair) phoneNumbers.rememberEncrypted(pair.encryptedData, appid, now);
    const code = phoneNumbers.issueCode(appid, openidOf(appid, user), info, now);
    return { errMsg: 'getPhoneNumber:ok', code, ...pair };
  }

  /** `wx.getWeRunData`: the steps of a month. */
  getWeRunData(appid: string, user: string): WeRunAnswer {
    this.wechat.users.getOrCreate(user);
    const pair = this.encrypt(appid, user, {
      stepInfoList: stepInfoList(user, this.wechat.clock.nowInSeconds()),
      watermark: this.watermark(appid),
    });
    return pair
      ? { errMsg: 'getWeRunData:ok', ...pair }
      : { errMsg: 'getWeRunData:fail wx.login has not been called' };
  }

  /**
   * WeChat's scanner over a mini-program code: the page that opens, and the `query` of its `onLoad`. Undefined if there is no such
   * code.
   */
  scan(appid: string, user: string, scene: string): OpenedPage | undefined {
    const code = this.wechat.miniProgramCodes.find(appid, scene);
    if (!code) return undefined;
    this.wechat.users.getOrCreate(user);
    // The page has to decode it.
    return { path: code.page, query: { scene: encodeURIComponent(scene) } };
  }

  private userInfoAnswer(errMsg: string, appid: string, user: string, payload: object): UserInfoAnswer {
    this.wechat.users.getOrCreate(user);
    const rawData = JSON.stringify(anonymousUserInfo);
    const key = this.keyOf(appid, user);
    return {
      errMsg,
      rawData,
      userInfo: { ...anonymousUserInfo },
      ...(key && { signature: signRawData(rawData, key) }),
      ...this.encrypt(appid, user, { ...payload, watermark: this.watermark(appid) }),
    };
  }

  private encrypt(appid: string, user: string, payload: object): EncryptedData | undefined {
    const key = this.keyOf(appid, user);
    return key === undefined ? undefined : encryptOpenData(payload, key);
  }

  /** The present session key. The phone's last code may be of an older key. */
  private keyOf(appid: string, user: string): string | undefined {
    const session = this.wechat.sessions.find(openidOf(appid, user));
    return session?.loggedInAt === undefined ? undefined : session.key;
  }

  private watermark(appid: string): Watermark {
    return { timestamp: this.wechat.clock.nowInSeconds(), appid };
  }
}
