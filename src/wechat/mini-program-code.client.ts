import { Injectable } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { WechatAuthorizedApi } from './wechat-authorized-api.js';
import { malformed } from './wechat-response.js';
import { toApiError } from './wechat-api.error.js';

/** A page of a mini-program, and what it is opened with. */
export interface CodeTarget {
  /** As in app.json: no `/` in front, no query. */
  page: string;
  /** 1 to 32 characters; the page gets it as `scene`. */
  scene: string;
}

/** Mini-program codes (小程序码): images that WeChat's scanner opens a page with. */
@Injectable()
export class MiniProgramCodeClient {
  constructor(private readonly interfaces: WechatAuthorizedApi) {}

  /**
   * Makes a code. The page must be in the published version of the mini-program. WeChat makes 5000 a minute.
   * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
   *
   * @returns a PNG or JPEG
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError}
   */
  async makeCode(app: WechatApp, { page, scene }: CodeTarget): Promise<Buffer> {
    return this.interfaces.call<Buffer>(app, {
      purpose: 'mini-program code',
      path: '/wxa/getwxacodeunlimit',
      body: { scene, page },
      secrets: [scene],
      parseImage: (image) => image,
      parse: () => {
        throw malformed('neither an image nor an error');
      },
      onError: (refusal) => {
        throw toApiError(refusal);
      },
    });
  }
}
