import type { App } from '../state/apps.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';
import type { WechatState } from '../state/wechat-state.js';

/** The answer of an endpoint, and its effect. They are separate, so that an answer can be lost. */
export interface EndpointAnswer {
  /** In WeChat's order. */
  readonly fields: object;
  /** What is sent instead of fields, if the answer is no JSON. */
  readonly image?: { contentType: string; body: Buffer };
  readonly effect?: () => void;
}

/** One of WeChat's paths. It answers, or throws a `WechatError`. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly answer: (wechat: WechatState, request: UpstreamRequest) => EndpointAnswer;
}

/** Checks the appid and secret of a backend, the appid first. */
export function requireApp(wechat: WechatState, appid: string | null, secret: string | null): App {
  if (!appid) throw new WechatError(41002);
  const app = wechat.apps.find(appid);
  if (!app) throw new WechatError(40013);
  if (!secret) throw new WechatError(41004);
  if (secret !== app.secret) throw new WechatError(40125);
  return app;
}
