import {
  accessTokenLifeSeconds,
  newAccessToken,
  overlapSeconds,
  requireAlive,
  secondsLeft,
  type AccessToken,
} from '../state/access-tokens.js';
import { requireApp, type EndpointAnswer } from './endpoint.js';
import { parseJsonBody, textField } from './json-body.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/**
 * GET /cgi-bin/token: a new token at every call.
 * See "getAccessToken", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getAccessToken.html
 */
export function plainToken(wechat: WechatState, { query }: UpstreamRequest): EndpointAnswer {
  const app = requireApp(wechat, query.get('appid'), query.get('secret'));
  requireClientCredential(query.get('grant_type'));
  const now = wechat.clock.now();
  const token = newAccessToken(app.appid, now);
  return {
    fields: { access_token: token.value, expires_in: accessTokenLifeSeconds },
    effect: () => wechat.plainTokens.add(token, now),
  };
}

/**
 * POST /cgi-bin/stable_token: the same token for as long as it has more than five minutes to live.
 * See "getStableAccessToken", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export function stableToken(wechat: WechatState, { body }: UpstreamRequest): EndpointAnswer {
  const { appid, secret, grantType, forceRefresh } = parseStableTokenBody(body);
  const app = requireApp(wechat, appid, secret);
  requireClientCredential(grantType);
  const now = wechat.clock.now();
  wechat.stableTokenQuotas.countCall(app.appid, now);

  const current = wechat.stableTokens.latest(app.appid);
  const isForced = forceRefresh && wechat.stableTokenQuotas.mayForceRefresh(app.appid, now);
  if (current && !isForced && secondsLeft(current, now) > overlapSeconds) {
    return { fields: { access_token: current.value, expires_in: secondsLeft(current, now) } };
  }
  const token = newAccessToken(app.appid, now);
  return {
    fields: { access_token: token.value, expires_in: accessTokenLifeSeconds },
    effect: () => {
      wechat.stableTokens.add(token, now);
      if (isForced) wechat.stableTokenQuotas.countForcedRefresh(app.appid, now);
    },
  };
}

/** Returns the appid of the token in the query, if the token is valid and the app may call this path. */
export function requireAuthorizedApp(wechat: WechatState, { path, query }: UpstreamRequest): string {
  const value = query.get('access_token');
  if (!value) throw new WechatError(41001);
  const { appid } = requireAlive(findAccessToken(wechat, value), wechat.clock.now());
  if (wechat.apps.find(appid)?.unauthorized?.includes(path)) throw new WechatError(48001);
  return appid;
}

export function findAccessToken(wechat: WechatState, value: string): AccessToken | undefined {
  return wechat.stableTokens.find(value) ?? wechat.plainTokens.find(value);
}

function requireClientCredential(grantType: string | null): void {
  if (grantType !== 'client_credential') throw new WechatError(40002);
}

function parseStableTokenBody(body: string) {
  const fields = parseJsonBody(body);
  const forceRefresh = fields['force_refresh'] ?? false;
  if (typeof forceRefresh !== 'boolean') throw new WechatError(47001);
  return {
    appid: textField(fields, 'appid'),
    secret: textField(fields, 'secret'),
    grantType: textField(fields, 'grant_type'),
    forceRefresh,
  };
}
