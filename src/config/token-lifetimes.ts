import type { Settings } from './settings.js';

/**
 * Seconds that an access token may live, whatever `ACCESS_TOKEN_TTL` is: no node takes an older one. Nodes may be set to
 * different times, and a time may be lowered and raised again. So what has to outlive all access tokens goes by this.
 */
export const maxAccessTokenTtl = 86_400;

/** Seconds that an access token of `admin:token` lives. */
export const operatorTokenTtl = 600;

/** Seconds after which a session ends that is never refreshed. */
export function unusedSessionTtl({
  refreshTokenTtl,
  sessionMaxAge,
}: Pick<Settings, 'refreshTokenTtl' | 'sessionMaxAge'>): number {
  return Math.min(refreshTokenTtl, sessionMaxAge);
}
