import { newAccessTokenValue } from './identifiers.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

export const accessTokenLifeSeconds = 7200;

/** A token stays valid for so long beside its successor, and the stable token is renewed so early. */
export const overlapSeconds = 300;

/** The last tokens of each app that the emulator remembers, to tell an expired token from a replaced one. */
const tokensKept = 10;

export interface AccessToken {
  readonly value: string;
  readonly appid: string;
  readonly expiresAt: number;
  /** The time when a newer token replaced it. */
  supersededAt: number;
}

export function newAccessToken(appid: string, now: number): AccessToken {
  return {
    value: newAccessTokenValue(),
    appid,
    expiresAt: now + accessTokenLifeSeconds * 1000,
    supersededAt: Infinity,
  };
}

/** Whole seconds, rounded up, so that a new token has its full lifetime. */
export function secondsLeft(token: AccessToken, now: number): number {
  return Math.ceil((token.expiresAt - now) / 1000);
}

/**
 * The tokens of one of the two endpoints, which are independent of each other. The latest token of each app is valid,
 * and the previous one during the overlap. An older one is invalid at once.
 */
export class TokenFamily {
  readonly #byApp = new Map<string, AccessToken[]>();

  latest(appid: string): AccessToken | undefined {
    return this.#byApp.get(appid)?.at(-1);
  }

  add(token: AccessToken, now: number): void {
    const earlier = this.#byApp.get(token.appid) ?? [];
    for (const each of earlier) {
      const overlap = each === earlier.at(-1) ? overlapSeconds * 1000 : 0;
      each.supersededAt = Math.min(each.supersededAt, now + overlap);
    }
    this.#byApp.set(token.appid, [...earlier, token].slice(-tokensKept));
  }

  /**
   * Acts like another server that fetches tokens: all tokens given out so far become invalid, and the latest is
   * one that nobody here has seen. Returns how many became invalid.
   */
  replaceAll(appid: string, now: number): number {
    const working = (this.#byApp.get(appid) ?? []).filter((token) => now < endOf(token));
    for (const token of working) token.supersededAt = now;
    this.add(newAccessToken(appid, now), now);
    return working.length;
  }

  find(value: string): AccessToken | undefined {
    for (const tokens of this.#byApp.values()) {
      const token = tokens.find((each) => each.value === value);
      if (token) return token;
    }
    return undefined;
  }

  clear(): void {
    this.#byApp.clear();
  }
}

/** The error of an invalid token: 42001 if it has expired, otherwise 40001. */
export function requireAlive(token: AccessToken | undefined, now: number): AccessToken {
  if (!token) throw new WechatError(40001);
  if (now >= endOf(token)) throw new WechatError(token.expiresAt <= token.supersededAt ? 42001 : 40001);
  return token;
}

function endOf({ expiresAt, supersededAt }: AccessToken): number {
  return Math.min(expiresAt, supersededAt);
}
