import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { encryptionKey } from '../world/deployment.js';

const root = Buffer.from(encryptionKey, 'base64');
const keyId = createHash('sha256').update(root).digest().subarray(0, 4);
const header = Buffer.concat([Buffer.of(1), keyId]);

const keyFor = (purpose: string) => Buffer.from(hkdfSync('sha256', root, '', `weapp-auth/${purpose}`, 32));
const keys = {
  'session-key': keyFor('session-key'),
  'session-key-fingerprint': keyFor('session-key-fingerprint'),
  'refresh-token': keyFor('refresh-token'),
  'phone-index': keyFor('phone-index'),
  'search-cursor': keyFor('search-cursor'),
  phone: keyFor('phone'),
};
type Purpose = keyof typeof keys;

/** AES-256-GCM: version, key id, nonce, tag, ciphertext. */
export function seal(purpose: Purpose, text: string, associatedData: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keys[purpose], nonce).setAAD(Buffer.from(associatedData));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]).toString('base64url');
}

export function unseal(purpose: Purpose, sealed: string, associatedData: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keys[purpose], bytes.subarray(5, 17))
    .setAAD(Buffer.from(associatedData))
    .setAuthTag(bytes.subarray(17, 33));
  return Buffer.concat([decipher.update(bytes.subarray(33)), decipher.final()]).toString();
}

/** HMAC-SHA256 of parts, each after its length. */
export function keyedHash(purpose: Purpose, ...parts: (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', keys[purpose]);
  for (const part of parts) {
    const bytes = Buffer.from(part as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}
