import { isUtf8 } from 'node:buffer';
import { createDecipheriv, createHash } from 'node:crypto';
import { isEqual } from '../crypto/is-equal.js';
import { isJsonObject } from './json-object.js';
import { OpenDataInvalidError, SessionKeyStaleError } from './wechat.errors.js';

/** Data that the phone got from WeChat, unchanged. */
export interface EncryptedOpenData {
  /** Base64. */
  encryptedData: string;
  /** Base64 of 16 bytes. */
  iv: string;
  /** What `signature` is of: both are given, or neither. */
  rawData?: string;
  /** SHA-1 of `rawData` and the session_key, in hex. */
  signature?: string;
}

/** Whose data it must be, and how old it may be. */
export interface OpenDataRules {
  /** The session_keys of the user's last logins as WeChat gave them, newest first. */
  sessionKeys: readonly string[];
  appid: string;
  openid: string;
  /** Seconds; 0: any. */
  maxAge: number;
  /** Milliseconds since 1970; the present unless given. */
  now?: number;
}

/** Data of the user: profile, phone number, steps and so on, with a watermark. */
export type OpenData = Record<string, unknown>;

const blockBytes = 16;

/**
 * Decrypts what WeChat encrypts for a mini-program: AES-128-CBC with the session_key, PKCS#7, UTF-8, JSON.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 *
 * CBC does not authenticate. An attacker who learns why a decryption fails can forge data. So all failures give one error,
 * after the same time (bench/open-data-timing.ts). All keys are tried, even after one has worked.
 *
 * @throws {OpenDataInvalidError} if it is malformed; or if it was decrypted, and its signature is wrong, or it is too old
 *   or belongs to another user. A watermark from the future is not too old: then our clock is slow.
 * @throws {SessionKeyStaleError} if no key decrypts it. A session_key that is not 16 bytes decrypts nothing.
 */
export function decryptOpenData(sealed: EncryptedOpenData, rules: OpenDataRules): OpenData {
  const ciphertext = fromBase64(sealed.encryptedData);
  const iv = fromBase64(sealed.iv);
  const { rawData = '', signature } = sealed;
  if (
    ciphertext === undefined ||
    ciphertext.length === 0 ||
    ciphertext.length % blockBytes !== 0 ||
    iv?.length !== blockBytes ||
    (sealed.rawData === undefined) !== (signature === undefined)
  ) {
    throw new OpenDataInvalidError();
  }
  const opened = rules.sessionKeys
    .map((sessionKey) => ({ sessionKey, data: open(ciphertext, iv, sessionKey, rules.appid) }))
    .find(({ data }) => data !== undefined);
  if (opened?.data === undefined) throw new SessionKeyStaleError();
  const { sessionKey, data } = opened;
  if (
    (signature !== undefined && !isSignature(signature, rawData, sessionKey)) ||
    (Object.hasOwn(data, 'openId') && data['openId'] !== rules.openid) ||
    !isRecent(data, rules)
  ) {
    throw new OpenDataInvalidError();
  }
  return data;
}

/** Open data as it may be shown: without what names the user to WeChat. */
export function withoutIdentity({ openId: _openId, unionId: _unionId, ...data }: OpenData): OpenData {
  return data;
}

/** Strict base64 (RFC 4648 section 4, and no bit beside the bytes), white space apart. */
function fromBase64(text: string): Buffer | undefined {
  const compact = text.replaceAll(/\s/g, '');
  const bytes = Buffer.from(compact, 'base64');
  return bytes.toString('base64') === compact ? bytes : undefined;
}

/**
 * The data, if the key decrypts it. Every check runs, whatever the others say, and only data that passes all of them is
 * parsed.
 */
function open(ciphertext: Buffer, iv: Buffer, sessionKey: string, appid: string): OpenData | undefined {
  const key = fromBase64(sessionKey);
  if (key?.length !== blockBytes) return undefined;
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  const bytes = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  const isWellPadded = blankPadding(bytes);
  const isText = isUtf8(bytes);
  const isObject = isJsonObject(bytes);
  // Checked before parsing, which takes time: data of another app is refused as fast as data that is not JSON.
  const namesApp = bytes.includes(appid);
  if (!isWellPadded || !isText || !isObject || !namesApp) return undefined;
  const data = JSON.parse(bytes.toString('utf8')) as OpenData;
  return watermarkOf(data)['appid'] === appid ? data : undefined;
}

/**
 * Whether the last block ends in PKCS#7 padding. Replaces the padding by blanks, right or wrong; JSON ignores them. So the
 * next step has the same number of bytes in both cases.
 */
function blankPadding(bytes: Buffer): boolean {
  const length = bytes.at(-1)!;
  let wrong = Number(length === 0) | Number(length > blockBytes);
  for (let distance = 1; distance <= blockBytes; distance += 1) {
    wrong |= Number(distance <= length) * (bytes.at(-distance)! ^ length);
  }
  bytes.fill(' ', bytes.length - Math.min(length, blockBytes));
  return wrong === 0;
}

/** The members of the watermark; none if there is no watermark. */
function watermarkOf({ watermark }: OpenData): Record<string, unknown> {
  return typeof watermark === 'object' && watermark !== null ? { ...watermark } : {};
}

/** The key is the text of the session_key, not the bytes that it encodes. */
function isSignature(signature: string, rawData: string, sessionKey: string): boolean {
  return isEqual(signature, createHash('sha1').update(rawData).update(sessionKey).digest('hex'));
}

function isRecent(data: OpenData, { maxAge, now = Date.now() }: OpenDataRules): boolean {
  if (maxAge === 0) return true;
  const { timestamp } = watermarkOf(data);
  return Number.isInteger(timestamp) && now / 1_000 - (timestamp as number) <= maxAge;
}
