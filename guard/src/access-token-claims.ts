import type { JWTPayload } from 'jose';

/** What an access token says of the user and the session. */
export interface AccessTokenClaims {
  /** `sub` */
  userId: string;
  /** `sid` */
  sessionId: string;
  /** `client_id`: the mini-program through which the user came in; `operator` for tokens of `admin:token`. */
  appid: string;
  /** Those that the user had when the token was issued. */
  roles: readonly string[];
  /** When the user logged in; a refresh keeps it. Tokens of a version without it do not have it. */
  authTime: Date | undefined;
  issuedAt: Date;
  expiresAt: Date;
  /** `jti` */
  tokenId: string;
  /** `ver`: the user's token version, which grows with every change of roles. */
  tokenVersion: number;
}

/**
 * The claims of a payload whose signature is good.
 *
 * @throws {TypeError} if one is missing or of another type
 */
export function readClaims(payload: JWTPayload): AccessTokenClaims {
  const { roles, auth_time: authTime } = payload;
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) {
    throw new TypeError('roles must be a list of strings');
  }
  return Object.freeze({
    userId: readText(payload, 'sub'),
    sessionId: readText(payload, 'sid'),
    appid: readText(payload, 'client_id'),
    roles: Object.freeze(roles),
    authTime: authTime === undefined ? undefined : readTime(payload, 'auth_time'),
    issuedAt: readTime(payload, 'iat'),
    expiresAt: readTime(payload, 'exp'),
    tokenId: readText(payload, 'jti'),
    tokenVersion: readNumber(payload, 'ver'),
  });
}

function readText(payload: JWTPayload, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a string`);
  return value;
}

function readNumber(payload: JWTPayload, name: string): number {
  const value = payload[name];
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  return value;
}

/** Seconds since 1970 (RFC 7519, section 2). */
function readTime(payload: JWTPayload, name: string): Date {
  return new Date(readNumber(payload, name) * 1_000);
}
