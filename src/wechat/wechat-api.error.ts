import type { ServiceError } from '../errors/service.error.js';
import {
  CodeInvalidError,
  CodeUsedError,
  UserBlockedByWechatError,
  WechatMisconfiguredError,
  WechatRateLimitedError,
  WechatUnavailableError,
} from './wechat.errors.js';

/** WeChat understood, and said no. */
export class WechatApiError {
  constructor(
    readonly errcode: number,
    readonly errmsg: string,
  ) {}

  /** The same with what was secret in the request taken out: a gateway in WeChat's place may quote it. */
  without(secrets: string[]): WechatApiError {
    let errmsg = this.errmsg;
    for (const secret of secrets) {
      const escaped = new URLSearchParams([['', secret]]).toString().slice(1);
      for (const form of [secret, escaped]) errmsg = errmsg.replaceAll(form, '***');
    }
    return new WechatApiError(this.errcode, errmsg);
  }
}

/** errcodes that say that this server is set up wrongly, and what its operator should do. */
const misconfigurations: Readonly<Record<number, string>> = {
  40002: 'the request was not understood: is WECHAT_BASE_URL really WeChat?',
  40013: 'the appid is wrong: compare WECHAT_APPID with 开发管理 → 开发设置 in the console',
  40125: 'the secret is wrong or was reset: get a new one under 开发管理 → 开发设置 → AppSecret',
  40164: "this server's address is not in the IP white list: add it under 开发管理 → 开发设置 → IP白名单",
  40243: 'the AppSecret is frozen: unfreeze it under 开发管理 → 开发设置 → AppSecret',
  41001: 'the access_token did not arrive: is a proxy between here and WeChat changing the query?',
  41002: 'the appid did not arrive: is a proxy between here and WeChat changing the query?',
  41004: 'the secret did not arrive: is a proxy between here and WeChat changing the query?',
  41008: 'the code did not arrive: is a proxy between here and WeChat changing the query?',
  41030:
    'the page is not in the published version of the mini-program: publish a version that has the page SCAN_PAGE, or correct SCAN_PAGE',
  48001: 'the mini-program has no right to this interface: see 开发管理 → 接口设置',
  50004: 'the interface is barred for this mini-program: see the notices in the console',
  50007: 'the mini-program is frozen: see the notices in the console',
  85096: 'the page has a parameter that WeChat reserves: take another page for SCAN_PAGE',
  89503: 'an administrator must confirm this server: see the notice in WeChat',
  89506: 'the administrator refused this address: it may ask again after 24 hours',
  89507: 'the administrator refused this address: it may ask again after an hour',
};

/**
 * The error for a refused exchange of a login code. Texts of WeChat's vary and carry request ids: only `errcode`
 * decides. https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session.html
 */
export function toCodeExchangeError(refusal: WechatApiError): ServiceError {
  switch (refusal.errcode) {
    case 40029:
      return new CodeInvalidError();
    case 40163:
      return new CodeUsedError();
    case 45011:
      return new WechatRateLimitedError();
    case 40226:
    case 50002:
      return new UserBlockedByWechatError();
  }
  return toServerError(refusal);
}

/** The error for a refused call of an interface behind the access_token. */
export function toApiError(refusal: WechatApiError): ServiceError {
  return refusal.errcode === 45011 ? new WechatRateLimitedError() : toServerError(refusal);
}

/** The error for a refusal that has nothing to do with the user: what is wrong is this server, or WeChat. */
export function toServerError({ errcode, errmsg }: WechatApiError): ServiceError {
  const said = `WeChat answered ${errcode} (${errmsg.slice(0, 200)})`;
  if (errcode === 45009 || errcode === 45011) {
    return new WechatUnavailableError('quota', { cause: new Error(said), retryAfter: 60 });
  }
  const advice = misconfigurations[errcode];
  return advice === undefined
    ? new WechatUnavailableError('unknown_errcode', { cause: new Error(said) })
    : new WechatMisconfiguredError(new Error(`${said}: ${advice}`));
}
