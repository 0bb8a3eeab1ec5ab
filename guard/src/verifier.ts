import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { type AccessTokenClaims, readClaims } from './access-token-claims.js';
import { type BearerRequest, readBearer } from './bearer.js';
import { GuardError } from './guard.error.js';
import { IssuerClient } from './issuer-client.js';
import { IssuerKeys } from './issuer-keys.js';
import { SessionCheck } from './session-check.js';
import { type ResolvedOptions, resolveOptions, type VerifierOptions } from './verifier-options.js';

/** What a route asks for. */
export interface Requirements {
  /** The user must have one of these roles. */
  roles?: readonly string[];
  /** Seconds that may have passed since the login; a refresh is no login (RFC 9470). */
  maxLoginAgeSeconds?: number;
  /** A request without a token is let in. A token that is not valid is refused all the same. */
  optional?: boolean;
}

/** RFC 9068, section 2.1: keeps other JWTs from being taken for access tokens. */
const type = 'at+jwt';
const algorithm = 'ES256';

/** Twice what the service ever issues. */
const maxTokenLength = 4_096;
const maxCached = 10_000;

/** Seconds that a login may lie in the future: the clocks of the service and of this machine differ. */
const maxClockSkew = 10;

/** Checks access tokens of weapp-auth. Make one with `createVerifier()`, and share it. */
export class Verifier {
  readonly #options: ResolvedOptions;
  readonly #keys: IssuerKeys;
  readonly #sessions: SessionCheck | undefined;
  /** Tokens whose signature was found good. Their time and their key are looked at each time anew. */
  readonly #verified = new LRUCache<string, { claims: AccessTokenClaims; kid: string }>({
    max: maxCached,
  });

  /** @throws {TypeError} that lists everything that is wrong with the options */
  constructor(options: VerifierOptions) {
    this.#options = resolveOptions(options);
    const { issuer, serviceUrl, checkRevocation, revocationCacheSeconds } = this.#options;
    const client = new IssuerClient(issuer, serviceUrl, this.#options.fetch);
    this.#keys = new IssuerKeys(client);
    if (checkRevocation) this.#sessions = new SessionCheck(client, revocationCacheSeconds);
  }

  /**
   * Checks signature, type, issuer, audience, time (without leeway) and mini-program; with `checkRevocation`, that the
   * session goes on.
   *
   * @param token without `Bearer`
   * @throws {GuardError} `token_invalid`, `token_expired`, `session_revoked`, `forbidden` (another mini-program) or
   *   `issuer_unavailable`
   */
  async verify(token: string): Promise<AccessTokenClaims> {
    const claims = await this.verifySignature(token);
    if (claims.expiresAt.getTime() <= Date.now()) {
      this.#verified.delete(token);
      throw GuardError.tokenExpired();
    }
    const { apps } = this.#options;
    if (apps !== undefined && !apps.has(claims.appid)) throw GuardError.otherApp();
    await this.#sessions?.check(token);
    return claims;
  }

  /**
   * Checks the bearer token of a request, and what a route asks for besides. Returns undefined if the token is
   * optional, and there is none.
   *
   * @throws {GuardError} `token_missing`, `forbidden`, `fresh_login_required`, or what `verify()` throws
   */
  async authenticate(
    request: BearerRequest,
    requirements: Requirements & { optional?: false },
  ): Promise<AccessTokenClaims>;
  async authenticate(
    request: BearerRequest,
    requirements?: Requirements,
  ): Promise<AccessTokenClaims | undefined>;
  async authenticate(
    request: BearerRequest,
    { roles, maxLoginAgeSeconds, optional = false }: Requirements = {},
  ): Promise<AccessTokenClaims | undefined> {
    const token = readBearer(request);
    if (token === undefined) {
      if (optional) return undefined;
      throw GuardError.tokenMissing();
    }
    const claims = await this.verify(token);
    if (roles !== undefined && !roles.some((role) => claims.roles.includes(role))) {
      throw GuardError.roleMissing();
    }
    if (maxLoginAgeSeconds !== undefined && !isFresh(claims, maxLoginAgeSeconds)) {
      throw GuardError.freshLoginRequired(maxLoginAgeSeconds);
    }
    return claims;
  }

  private async verifySignature(token: string): Promise<AccessTokenClaims> {
    const known = this.#verified.get(token);
    const kid = known?.kid ?? keyIdOf(token);
    // Asked each time: a key that the issuer no longer publishes must not go on through this cache.
    const key = await this.#keys.find(kid);
    if (key === undefined) throw GuardError.tokenInvalid();
    if (known !== undefined) return known.claims;
    const claims = await this.verifyWith(key, token);
    this.#verified.set(token, { claims, kid });
    return claims;
  }

  private async verifyWith(key: CryptoKey, token: string): Promise<AccessTokenClaims> {
    const { issuer, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience,
        typ: type,
        algorithms: [algorithm],
        clockTolerance: 0,
      });
      return readClaims(payload);
    } catch (cause) {
      throw cause instanceof errors.JWTExpired
        ? GuardError.tokenExpired(cause)
        : GuardError.tokenInvalid(cause);
    }
  }
}

/**
 * A verifier of the access tokens of one service. It fetches the keys with the first token.
 *
 * @throws {TypeError} that lists everything that is wrong with the options
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new Verifier(options);
}

/** Looks at the header before any key is asked for, so that what cannot be ours costs nothing. */
function keyIdOf(token: string): string {
  if (token.length > maxTokenLength || !isCanonical(token)) throw GuardError.tokenInvalid();
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    if (alg === algorithm && typ === type && typeof kid === 'string') return kid;
  } catch (cause) {
    throw GuardError.tokenInvalid(cause);
  }
  throw GuardError.tokenInvalid();
}

/** The last character of a signature has bits that decoders ignore. One text of a token is taken, not sixteen. */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return Buffer.from(signature, 'base64url').toString('base64url') === signature;
}

function isFresh({ authTime }: AccessTokenClaims, maxAgeSeconds: number): boolean {
  if (authTime === undefined) return false;
  const age = (Date.now() - authTime.getTime()) / 1_000;
  return age <= maxAgeSeconds && age >= -maxClockSkew;
}
