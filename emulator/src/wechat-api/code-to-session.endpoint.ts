import { requireApp, type EndpointAnswer } from './endpoint.js';
import { visibleUnionid } from '../state/unionid.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/**
 * GET /sns/jscode2session: returns the user of a `wx.login` code, with the present session key.
 * See "code2Session", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 */
export function codeToSession(wechat: WechatState, { query }: UpstreamRequest): EndpointAnswer {
  const app = requireApp(wechat, query.get('appid'), query.get('secret'));
  if (query.get('grant_type') !== 'authorization_code') throw new WechatError(40002);
  const code = query.get('js_code');
  if (!code) throw new WechatError(41008);
  const session = wechat.loginCodes.findUnused(code, app.appid, wechat.clock.now());
  const unionid = visibleUnionid(wechat, app.appid, session.user);
  return {
    fields: { session_key: session.key, openid: session.openid, ...(unionid && { unionid }) },
    effect: () => wechat.loginCodes.spend(code),
  };
}
