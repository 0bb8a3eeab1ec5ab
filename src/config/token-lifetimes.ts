import type { Settings } from './settings.js';

/** Seconds that an access token of `admin:token` lives. */
export const operatorTokenTtl = 600;

/** Seconds after which a session ends that is never refreshed. */
export function unusedSessionTtl({
  refreshTokenTtl,
  sessionMaxAge,
}: Pick<Settings, 'refreshTokenTtl' | 'sessionMaxAge'>): number {
  return Math.min(refreshTokenTtl, sessionMaxAge);
}

/** Seconds after which every access token that is out has expired, whoever it was made for. */
export function longestTokenTtl({ accessTokenTtl }: Pick<Settings, 'accessTokenTtl'>): number {
  return Math.max(accessTokenTtl, operatorTokenTtl);
}
