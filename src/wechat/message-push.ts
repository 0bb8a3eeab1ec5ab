import { isUtf8 } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { isEqual } from '../crypto/is-equal.js';
import { randomBytes } from '../crypto/random.js';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { PushInvalidError } from './wechat.errors.js';

/** What the console of a mini-program shows under 消息推送. */
export interface PushKeys {
  appid: string;
  token: string;
  /** 43 characters. */
  encodingAesKey: string;
}

/** The query of a push, as far as it proves something. */
export interface PushProof {
  /** Seconds since 1970. */
  timestamp: string;
  nonce: string;
  /** Of token, timestamp and nonce: proves nothing about the body. */
  signature?: string;
  /** Of the encrypted message, too. */
  msgSignature?: string;
}

/** The members of a message. From XML, each value is text. */
export type PushFields = Record<string, unknown>;

/** A message whose sender is proven. */
export interface OpenedPush {
  /** Whether the fields were encrypted, and so are WeChat's. Anyone can have written those of a plain message. */
  isEncrypted: boolean;
  fields: PushFields;
}

/** WeChat pads to 32 bytes, although a block of AES has 16. So the padding of OpenSSL cannot be used. */
const paddingBlockBytes = 32;
const aesBlockBytes = 16;
const randomLength = 16;
const lengthBytes = 4;

/** Seconds by which the timestamp of a push may differ from the clock of this node. */
const maxClockDifferenceSeconds = 300;

/** Of a message in XML. WeChat's have some twenty. The parser needs half a second for 100 KB of nothing but tags. */
const maxTags = 1_000;

const xml = new XMLParser({ ignoreAttributes: true, processEntities: false, parseTagValue: false });

/**
 * The signature of a push: SHA-1 of the parts, sorted and joined, in hex. `signature` has the parts token, timestamp and nonce;
 * `msg_signature` has the encrypted message as a fourth one.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function signPush(...parts: string[]): string {
  return createHash('sha1').update(parts.toSorted().join('')).digest('hex');
}

/**
 * Checks the request with which the console of a mini-program tries the URL. Answer it with `echostr`.
 *
 * @param now milliseconds since 1970
 * @throws {PushInvalidError} if the signature is wrong, or the timestamp is off by more than five minutes
 */
export function assertPushSignature(
  { timestamp, nonce, signature }: PushProof,
  { token }: Pick<PushKeys, 'token'>,
  now = Date.now(),
): void {
  if (signature === undefined || !isEqual(signature, signPush(token, timestamp, nonce))) {
    throw new PushInvalidError(
      'The signature is wrong. Compare the Token in the settings with the one in the console of the mini-program.',
    );
  }
  assertRecent(timestamp, now);
}

/**
 * Checks a push, and decrypts it. In compatible mode, the plain members beside the encrypted message are dropped.
 *
 * @param body as text, or as a parser has left it
 * @param now milliseconds since 1970
 * @throws {PushInvalidError} if a signature or the appid is wrong, or the timestamp is off by more than five minutes
 * @throws {InvalidRequestError} if the body or the message in it is malformed
 */
export function openPush(body: unknown, proof: PushProof, keys: PushKeys, now = Date.now()): OpenedPush {
  const fields = parsePush(body);
  const { Encrypt: encrypted } = fields;
  if (encrypted === undefined) {
    assertPushSignature(proof, keys, now);
    return { isEncrypted: false, fields };
  }
  const { timestamp, nonce, msgSignature } = proof;
  if (typeof encrypted !== 'string') throw new InvalidRequestError('Encrypt must be text.');
  if (
    msgSignature === undefined ||
    !isEqual(msgSignature, signPush(keys.token, timestamp, nonce, encrypted))
  ) {
    throw new PushInvalidError(
      'msg_signature is wrong or missing. Compare the Token in the settings with the one in the console of the mini-program.',
    );
  }
  assertRecent(timestamp, now);
  return { isEncrypted: true, fields: parsePush(decryptPush(encrypted, keys)) };
}

/**
 * Decrypts the member `Encrypt`: AES-256-CBC over 16 random bytes, the length of the message, the message, and the appid.
 * Check `msg_signature` first: the cipher does not authenticate.
 *
 * @throws {PushInvalidError} if the message is for another mini-program
 * @throws {InvalidRequestError} if the key of the mini-program does not decrypt it
 */
export function decryptPush(encrypted: string, { appid, encodingAesKey }: Omit<PushKeys, 'token'>): string {
  const ciphertext = Buffer.from(encrypted, 'base64');
  if (ciphertext.length === 0 || ciphertext.length % aesBlockBytes !== 0) throw new UndecryptablePushError();
  const key = toAesKey(encodingAesKey);
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, aesBlockBytes)).setAutoPadding(false);
  const content = withoutPadding(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  const start = randomLength + lengthBytes;
  if (content.length < start) throw new UndecryptablePushError();
  const end = start + content.readUInt32BE(randomLength);
  if (end > content.length) throw new UndecryptablePushError();
  if (!content.subarray(end).equals(Buffer.from(appid))) {
    throw new PushInvalidError('The message is for another mini-program than the one in the URL.');
  }
  const message = content.subarray(start, end);
  if (!isUtf8(message)) throw new UndecryptablePushError();
  return message.toString('utf8');
}

/**
 * Encrypts a reply, or a message as WeChat does. The result is the member `Encrypt`.
 *
 * @param random 16 bytes
 */
export function encryptPush(
  message: string,
  { appid, encodingAesKey }: Omit<PushKeys, 'token'>,
  random: Uint8Array = randomBytes(randomLength),
): string {
  const bytes = Buffer.from(message);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(bytes.length);
  const content = Buffer.concat([random, length, bytes, Buffer.from(appid)]);
  const padding = paddingBlockBytes - (content.length % paddingBlockBytes);
  const key = toAesKey(encodingAesKey);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, aesBlockBytes)).setAutoPadding(false);
  const padded = Buffer.concat([content, Buffer.alloc(padding, padding)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

/**
 * The members of a message, from JSON or XML. No entity of XML is expanded, and a document type is refused.
 *
 * @param body as text, or as a parser has left it
 * @throws {InvalidRequestError}
 */
export function parsePush(body: unknown): PushFields {
  const parsed = typeof body === 'string' ? parseText(body.trim()) : body;
  const fields = isObject(parsed) && isObject(parsed['xml']) ? parsed['xml'] : parsed;
  if (!isObject(fields)) throw malformed();
  return fields;
}

/** The bytes are no message, or another EncodingAESKey has encrypted them. */
class UndecryptablePushError extends InvalidRequestError {
  constructor() {
    super(
      'The message cannot be decrypted. Compare the EncodingAESKey in the settings with the one in the console of the mini-program.',
    );
  }
}

function parseText(text: string): unknown {
  try {
    if (!text.startsWith('<')) return JSON.parse(text) as unknown;
    if (/<!DOCTYPE/i.test(text) || text.split('<', maxTags + 1).length > maxTags) throw malformed();
    return xml.parse(text, true) as unknown;
  } catch {
    throw malformed();
  }
}

function malformed(): InvalidRequestError {
  return new InvalidRequestError(
    'The body must be a message of WeChat: a JSON object, or XML without a document type.',
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function assertRecent(timestamp: string, now: number): void {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (Math.abs(now / 1_000 - seconds) <= maxClockDifferenceSeconds) return;
  throw new PushInvalidError(
    'The timestamp is off by more than five minutes. If WeChat has sent the message, set the clock of this machine.',
  );
}

function toAesKey(encodingAesKey: string): Buffer {
  return Buffer.from(`${encodingAesKey}=`, 'base64');
}

function withoutPadding(bytes: Buffer): Buffer {
  const length = bytes.at(-1)!;
  const padding = bytes.subarray(-length);
  const isPadding = length >= 1 && length <= paddingBlockBytes && padding.every((byte) => byte === length);
  if (!isPadding || padding.length !== length) throw new UndecryptablePushError();
  return bytes.subarray(0, bytes.length - length);
}
