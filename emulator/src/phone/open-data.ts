import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/** Encrypted data that only the backend can read. Both fields are in base64. */
export interface EncryptedData {
  encryptedData: string;
  iv: string;
}

/** The app and the time of the request for open data. */
export interface Watermark {
  /** Seconds since 1970. */
  timestamp: number;
  appid: string;
}

/**
 * Encrypts open data with a session key: AES-128-CBC with PKCS#7 padding.
 * See "Encrypted data", https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 */
export function encryptOpenData(payload: object, sessionKey: string, iv = randomBytes(16)): EncryptedData {
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(sessionKey, 'base64'), iv);
  const bytes = Buffer.concat([cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()]);
  return { encryptedData: bytes.toString('base64'), iv: iv.toString('base64') };
}

/** The signature of `rawData`. The key is used as text, not decoded. */
export function signRawData(rawData: string, sessionKey: string): string {
  return createHash('sha1').update(rawData).update(sessionKey).digest('hex');
}
