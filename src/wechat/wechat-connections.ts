import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { Settings } from '../config/settings.js';

/** Bytes of an answer, before and after it is unpacked. WeChat's JSON is a few hundred bytes. */
export const maxAnswerBytes = 1_048_576;

/** Under which name the connections are provided. */
export const wechatConnections = 'weapp-auth:wechat-connections';

/** Connections to WeChat, through a proxy where one is set. There are as many as calls, which `WechatResilience` bounds. */
export function connectToWechat({ wechatBaseUrl, httpsProxy, noProxy = '' }: Settings): Dispatcher {
  const options = {
    keepAliveTimeout: 30_000,
    maxResponseSize: maxAnswerBytes,
    // `WechatResilience` gives every call its time. undici would set further timers for each.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (httpsProxy === undefined) return new Pool(new URL(wechatBaseUrl).origin, options);
  // WeChat is never asked over plain HTTP but on loopback, for which there is no proxy.
  return new EnvHttpProxyAgent({ ...options, httpProxy: '', httpsProxy, noProxy });
}
