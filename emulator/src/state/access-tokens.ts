import { newAccessTokenValue } from './identifiers.js';
import { WechatError } from '../wechat-api/wechat-errors.js';

export const accessTokenLifeSeconds = 7200;

/** How long a token goes on working beside its successor, and how early the stable one is renewed. */
export const overlapSeconds = 300;

/** Refused tokens are told apart (ran out, or not the latest) while they are among the last so many of an app. */
const tokensKept = 10;

export interface AccessToken {
  readonly value: string;
  readonly appid: string;
  readonly expiresAt: number;
  /** From when on it is no longer among the latest. */
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

/** Whole seconds, rounded up, so that a token just made has its full life. */
export function secondsLeft(token: AccessToken, now: number): number {
  return Math.ceil((token.expiresAt - now) / 1000);
}

/**
 * The tokens of one of the two endpoints, which know nothing of each other's. Of each app the latest token works,
 * and the one before it for the overlap; a third one is pushed out at once.
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
   * What another server does by asking for tokens of its own: none given out so far works any more, and the latest is
   * one that nobody here has seen. Returns how many ended.
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

/** Refuses as WeChat does a token that does not work: 42001 if it ran out by itself, otherwise 40001. */
export function requireAlive(token: AccessToken | undefined, now: number): AccessToken {
  if (!token) throw new WechatError(40001);
  if (now >= endOf(token)) throw new WechatError(token.expiresAt <= token.supersededAt ? 42001 : 40001);
  return token;
}

function endOf({ expiresAt, supersededAt }: AccessToken): number {
  return Math.min(expiresAt, supersededAt);
}
