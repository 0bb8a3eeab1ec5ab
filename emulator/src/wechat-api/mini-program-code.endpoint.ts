import { qrPng } from '../qr-png.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { WechatState } from '../state/wechat-state.js';
import { requireAuthorizedApp } from './access-token.endpoints.js';
import type { EndpointAnswer } from './endpoint.js';
import { parseJsonBody, textField } from './json-body.js';
import type { UpstreamRequest } from './upstream-request.js';
import { WechatError } from './wechat-errors.js';

const homePage = 'pages/index/index';
const maxSceneLength = 32;
/** The characters that WeChat allows: no `%` and no Chinese, which have to be encoded in another way. */
const scenePattern = /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+$/;
const versions: readonly unknown[] = ['release', 'trial', 'develop'];
/** Pixels. */
const width = { default: 430, min: 280, max: 1280 };

/**
 * POST /wxa/getwxacodeunlimit: the code that opens a page with a scene. The emulator draws a QR code, whose text is
 * `wxemulator://<appid>?page=…&scene=…`.
 * See "getUnlimitedQRCode", https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
 */
export function getUnlimitedCode(wechat: WechatState, request: UpstreamRequest): EndpointAnswer {
  const appid = requireAuthorizedApp(wechat, request);
  const fields = parseJsonBody(request.body);
  const scene = readScene(fields);
  const page = readPage(fields, wechat.apps.find(appid)?.pages);
  if (!versions.includes(fields['env_version'] ?? 'release')) throw new WechatError(40097);
  const pixels = readWidth(fields);
  checkColors(fields);
  const now = wechat.clock.now();
  if (!wechat.codeQuota.hasLeft(appid, now)) throw new WechatError(45009);
  const query = new URLSearchParams({ page, scene }).toString();
  return {
    // WeChat says JPEG, whatever the image is.
    image: { contentType: 'image/jpeg', body: qrPng(`wxemulator://${appid}?${query}`, pixels) },
    fields: {},
    effect: () => {
      wechat.codeQuota.count(appid, now);
      wechat.miniProgramCodes.add({ appid, page, scene, at: new Date(now).toISOString() });
    },
  };
}

function readScene(fields: JsonObject): string {
  const scene = textField(fields, 'scene') ?? '';
  if (scene === '' || [...scene].length > maxSceneLength) throw new WechatError(40169);
  if (!scenePattern.test(scene)) throw new WechatError(40129);
  return scene;
}

/** @param published the pages of the published version; undefined: all that are asked for */
function readPage(fields: JsonObject, published: readonly string[] | undefined): string {
  const page = textField(fields, 'page') || homePage;
  const isPublished = published === undefined || published.includes(page);
  if (/^\/|[?#]/.test(page) || (optionalFlag(fields, 'check_path', true) && !isPublished)) {
    throw new WechatError(41030);
  }
  return page;
}

function readWidth(fields: JsonObject): number {
  const pixels = fields['width'] ?? width.default;
  if (typeof pixels !== 'number') throw new WechatError(47001);
  if (!Number.isInteger(pixels) || pixels < width.min || pixels > width.max) throw new WechatError(40097);
  return pixels;
}

/** The emulator draws black on white all the same. */
function checkColors(fields: JsonObject): void {
  optionalFlag(fields, 'auto_color', false);
  optionalFlag(fields, 'is_hyaline', false);
  const color = fields['line_color'];
  if (color !== undefined && !isJsonObject(color)) throw new WechatError(47001);
}

function optionalFlag(fields: JsonObject, name: string, fallback: boolean): boolean {
  const value = fields[name] ?? fallback;
  if (typeof value !== 'boolean') throw new WechatError(47001);
  return value;
}
