import { Injectable } from '@nestjs/common';
import { Settings, type WechatApp } from '../config/settings.js';
import { UnknownAppError } from './wechat.errors.js';

/**
 * `https://servicewechat.com/{appid}/{version}/page-frame.html`, which wx.request sends and no page can change.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html
 */
const miniProgramReferer = /^https:\/\/servicewechat\.com\/(wx[0-9A-Za-z]+)\//;

/** The mini-programs of this deployment. */
@Injectable()
export class WechatAppsService {
  readonly #apps: ReadonlyMap<string, WechatApp>;

  constructor({ wechatApps }: Settings) {
    this.#apps = new Map(wechatApps.map((app) => [app.appid, app]));
  }

  /**
   * Which mini-program a request is about: the one it names; else the one whose `Referer` it carries; else the
   * only one there is. The `Referer` is a hint that anyone can forge, but a code opens only its own app.
   *
   * @throws {UnknownAppError}
   */
  choose(appid: string | undefined, referer: string | undefined): WechatApp {
    if (appid !== undefined) {
      const named = this.#apps.get(appid);
      if (named !== undefined) return named;
      throw new UnknownAppError(
        'This appid is not served here. Compare it with the appid in project.config.json.',
      );
    }
    const hinted = this.#apps.get(miniProgramReferer.exec(referer ?? '')?.[1] ?? '');
    if (hinted !== undefined) return hinted;
    const [only, ...others] = this.#apps.values();
    if (only !== undefined && others.length === 0) return only;
    throw new UnknownAppError(
      'Several mini-programs are served here: say which by adding "appid" to the body.',
    );
  }

  /** The app of that appid, where it is served. */
  find(appid: string): WechatApp | undefined {
    return this.#apps.get(appid);
  }

  /** The app's name for users, where one was given. */
  nameOf(appid: string): string | null {
    return this.#apps.get(appid)?.name ?? null;
  }
}
