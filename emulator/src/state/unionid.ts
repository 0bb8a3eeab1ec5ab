import { unionidOf } from './identifiers.js';
import type { WechatState } from './wechat-state.js';

/** The unionid for apps that are bound to an Open Platform account. Other apps get no such field. */
export function visibleUnionid(wechat: WechatState, appid: string, user: string): string | undefined {
  const openPlatform = wechat.apps.find(appid)?.openPlatform;
  if (openPlatform === undefined || !wechat.users.getOrCreate(user).unionid) return undefined;
  return unionidOf(openPlatform, user);
}
