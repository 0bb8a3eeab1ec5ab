import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Bytes to which a message is padded: two blocks of AES. */
const paddingBlock = 32;
/** Bytes before the message: 16 random ones, and four for its length. */
const headBytes = 20;

/** What encrypts the messages of an app. */
export interface PushKey {
  appid: string;
  /** 43 characters: base64 of 32 bytes without the last `=`. */
  encodingAesKey: string;
}

/** A signature of a push: the SHA-1 of the parts, sorted and joined. */
export function signPush(...parts: string[]): string {
  return createHash('sha1').update(parts.toSorted().join('')).digest('hex');
}

/**
 * Encrypts a message: AES-256-CBC over random bytes, the length, the message and the appid.
 * See "Message push", https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function encryptPush(message: string, key: PushKey, random = randomBytes(16)): string {
  const bytes = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  const content = Buffer.concat([random, length, bytes, Buffer.from(key.appid)]);
  const padding = paddingBlock - (content.length % paddingBlock);
  const cipher = createCipheriv('aes-256-cbc', ...keyAndIv(key)).setAutoPadding(false);
  const padded = Buffer.concat([content, Buffer.alloc(padding, padding)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

/** Decrypts a reply. Throws an error that says what is wrong with it. */
export function decryptPush(encrypted: string, key: PushKey): string {
  const bytes = Buffer.from(encrypted, 'base64');
  if (bytes.length === 0 || bytes.length % paddingBlock !== 0) {
    throw new Error('Encrypt is not base64 of whole blocks of 32 bytes');
  }
  const decipher = createDecipheriv('aes-256-cbc', ...keyAndIv(key)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const padding = padded.at(-1)!;
  const isPadded = padding >= 1 && padding <= paddingBlock;
  if (!isPadded || !padded.subarray(-padding).every((byte) => byte === padding)) {
    throw new Error('the padding is not PKCS#7 to 32 bytes, or the key is another one');
  }
  const content = padded.subarray(0, -padding);
  const end = headBytes + (content.length < headBytes ? 0 : content.readUInt32BE(headBytes - 4));
  if (end > content.length) throw new Error('the length before the message is wrong');
  const appid = content.subarray(end).toString();
  if (appid !== key.appid) {
    throw new Error(`after the message there is ${JSON.stringify(appid)}, not the appid`);
  }
  return content.subarray(headBytes, end).toString();
}

function keyAndIv({ encodingAesKey }: PushKey): [key: Buffer, iv: Buffer] {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  return [key, key.subarray(0, 16)];
}
