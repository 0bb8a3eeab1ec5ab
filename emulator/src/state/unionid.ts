import { unionidOf } from './identifiers.js';
import type { WechatState } from './wechat-state.js';

/** Apps that are bound to an Open Platform account are told it; the others get no such field. */
export function unionidTold(wechat: WechatState, appid: string, user: string): string | undefined {
  const openPlatform = wechat.apps.find(appid)?.openPlatform;
  if (openPlatform === undefined || !wechat.users.named(user).unionid) return undefined;
  return unionidOf(openPlatform, user);
}
