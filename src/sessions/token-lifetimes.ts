import type { Settings } from '../config/settings.js';

/** Seconds that an access token of `npm run admin:token` lives, and the session that it opens. */
export const operatorTokenLifetime = 600;

/** Seconds after which every access token that was issued has expired, whoever issued it. */
export function longestAccessTokenLifetime({ accessTokenTtl }: Pick<Settings, 'accessTokenTtl'>): number {
  return Math.max(accessTokenTtl, operatorTokenLifetime);
}
