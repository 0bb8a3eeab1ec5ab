import { createHash, randomBytes, randomInt } from 'node:crypto';

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** WeChat's form of an appid: `wx` and 16 lower-case hexadecimal digits. */
export const appidPattern = /^wx[0-9a-f]{16}$/;

export function newAppid(): string {
  return `wx${randomBytes(8).toString('hex')}`;
}

export function newAppSecret(): string {
  return randomBytes(16).toString('hex');
}

/** The openid: always the same for the same appid and user, in every run. */
export function openidOf(appid: string, user: string): string {
  return `o${digest('openid', appid, user)}`;
}

/** The unionid: always the same for the same Open Platform account and user. */
export function unionidOf(openPlatform: string, user: string): string {
  return `o${digest('unionid', openPlatform, user)}`;
}

/** The name of an app in its message pushes (`ToUserName`), in WeChat's form. */
export function pushReceiverOf(appid: string): string {
  return `gh_${hash(['push-receiver', appid]).toString('hex').slice(0, 12)}`;
}

/** The name of the service that sends the message pushes of an app (`FromUserName`). It is not the user. */
export function pushSenderOf(appid: string): string {
  return `o${digest('push-sender', appid)}`;
}

/** A code of `wx.login`: 32 letters and digits. In every sample, the first is `0` and the second is a digit. */
export function newLoginCode(): string {
  const tail = Array.from(randomBytes(30), (byte) => alphanumeric[byte % alphanumeric.length]).join('');
  return `0${randomInt(10)}${tail}`;
}

/** A code of the getPhoneNumber button: 64 lower-case hexadecimal digits, as in WeChat's sample. */
export function newPhoneCode(): string {
  return randomBytes(32).toString('hex');
}

/** A Chinese mobile number, always the same for the same user. */
export function phoneOf(user: string): string {
  return `13${String(numberFrom('phone', user) % 1e9).padStart(9, '0')}`;
}

/** The steps of a user on a day, always the same for the same user and day. */
export function stepsOf(user: string, dayStartedAt: number): number {
  return 1000 + (numberFrom('steps', user, String(dayStartedAt)) % 20_000);
}

export function newSessionKey(): string {
  return randomBytes(16).toString('base64');
}

export function newAccessTokenValue(): string {
  return `69_${randomBytes(100).toString('base64url')}`;
}

/** 27 characters of the alphabet of WeChat's ids: `A-Z a-z 0-9 - _`. */
function digest(...parts: string[]): string {
  return hash(parts).toString('base64url').slice(0, 27);
}

function numberFrom(...parts: string[]): number {
  return hash(parts).readUIntBE(0, 6);
}

function hash(parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
