import { Injectable } from '@nestjs/common';
import type { PushKeys } from '../wechat/message-push.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { UnknownAppError } from '../wechat/wechat.errors.js';

/** The mini-programs whose message push is received. */
@Injectable()
export class PushAppsService {
  constructor(private readonly apps: WechatAppsService) {}

  /**
   * What proves that a push for a mini-program is from WeChat.
   *
   * @throws {UnknownAppError} if the settings have no `push` for that appid
   */
  getKeys(appid: string): PushKeys {
    const push = this.apps.find(appid)?.push;
    if (push === undefined) {
      throw new UnknownAppError(
        'No message push is received here for this appid. Add "push" to the app in WECHAT_APPS.',
      );
    }
    return { appid, ...push };
  }
}
