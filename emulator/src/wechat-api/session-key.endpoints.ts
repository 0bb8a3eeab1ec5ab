import { createHmac } from 'node:crypto';
import { requireAuthorizedApp } from './access-token.endpoints.js';
import type { EndpointAnswer } from './endpoint.js';
import { newSessionKey } from '../state/identifiers.js';
import type { Session } from '../state/sessions.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/**
 * GET /wxa/checksession: checks whether the backend's session key is valid.
 * See "checkSessionKey", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/checkSessionKey.html
 */
export function checkSessionKey(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  requireSignedSession(wechat, request);
  return { fields: { errcode: 0, errmsg: 'ok' } };
}

/**
 * GET /wxa/resetusersessionkey: replaces the session key. The old one is invalid at once.
 * See "ResetUserSessionKey", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/ResetUserSessionKey.html
 */
export function resetUserSessionKey(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  const session = requireSignedSession(wechat, request);
  const key = newSessionKey();
  return {
    fields: { errcode: 0, errmsg: 'ok', openid: session.openid, session_key: key },
    effect: () => wechat.sessions.replaceKey(session, key, wechat.clock.now()),
  };
}

/** The signature of an empty message. The key is used as text, not decoded. */
function requireSignedSession(wechat: WechatState, request: UpstreamRequest): Session {
  const appid = requireAuthorizedApp(wechat, request);
  const { query } = request;
  const session = wechat.sessions.find(query.get('openid') ?? '');
  if (session?.appid !== appid) throw new WechatError(40003);
  if (query.get('sig_method') !== 'hmac_sha256') throw new WechatError(87008);
  if (query.get('signature') !== createHmac('sha256', session.key).update('').digest('hex')) {
    throw new WechatError(87009);
  }
  return session;
}
