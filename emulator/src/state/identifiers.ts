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

/** The user in one app: always the same for the same two names, in every run. */
export function openidOf(appid: string, user: string): string {
  return `o${digest('openid', appid, user)}`;
}

/** The user in all apps under one Open Platform account: likewise. */
export function unionidOf(openPlatform: string, user: string): string {
  return `o${digest('unionid', openPlatform, user)}`;
}

/** What `wx.login` hands out: 32 letters and digits, in every sample a `0` and another digit first. */
export function newLoginCode(): string {
  const tail = Array.from(randomBytes(30), (byte) => alphanumeric[byte % alphanumeric.length]).join('');
  return `0${randomInt(10)}${tail}`;
}

/** What the getPhoneNumber button hands out: 64 lower-case hexadecimal digits in the page's sample. */
export function newPhoneCode(): string {
  return randomBytes(32).toString('hex');
}

/** A Chinese mobile number, always the same for the same person. */
export function phoneOf(user: string): string {
  return `13${String(numberFrom('phone', user) % 1e9).padStart(9, '0')}`;
}

/** The steps that a user took on a day, always the same for the same two. */
export function stepsOf(user: string, dayStartedAt: number): number {
  return 1000 + (numberFrom('steps', user, String(dayStartedAt)) % 20_000);
}

export function newSessionKey(): string {
  return randomBytes(16).toString('base64');
}

export function newAccessTokenValue(): string {
  return `69_${randomBytes(100).toString('base64url')}`;
}

/** 27 characters of the alphabet `A-Z a-z 0-9 - _`, which is also that of WeChat's ids. */
function digest(...parts: string[]): string {
  return hash(parts).toString('base64url').slice(0, 27);
}

function numberFrom(...parts: string[]): number {
  return hash(parts).readUIntBE(0, 6);
}

function hash(parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
