import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { maxAccessTokenTtl } from '../config/token-lifetimes.js';
import { newUuid } from '../crypto/random.js';
import { DatabaseClock } from '../database/database-clock.js';
import { TokenExpiredError, TokenInvalidError } from './auth.errors.js';
import { encodeJwtPart, signJwt } from './sign-jwt.js';
import { SigningKeysService } from './signing-keys.service.js';

/** What an access token says (RFC 9068, section 2.2). */
export interface AccessTokenClaims {
  iss: string;
  /** The user's id. */
  sub: string;
  aud: string;
  /** Seconds since 1970. */
  exp: number;
  iat: number;
  /**
   * When the user logged in, by the clock of the database; a refresh keeps it (RFC 9068, section 2.2.1). Tokens that
   * were issued by a version without it do not have it.
   */
  auth_time?: number;
  jti: string;
  /** The appid through which the user came in. */
  client_id: string;
  /** The session's id. */
  sid: string;
  /** The user's token version; another one there, and the token is out of date. */
  ver: number;
  roles: string[];
}

/** RFC 9068, section 2.1: keeps other JWTs, say ID tokens, from being taken for access tokens. */
const type = 'at+jwt';
const algorithm = 'ES256';

/** A token with the most roles a user can have stays below it. */
const maxTokenLength = 2_048;
const maxCached = 10_000;

/** Seconds that a login may lie in the future: two servers of one database, before and after a failover. */
const maxClockSkew = 10;

/** Access tokens: JWTs signed with ES256. */
@Injectable()
export class AccessTokensService {
  /** Tokens whose signature was found good. Their time and their key are looked at each time anew. */
  readonly #verified = new LRUCache<string, { claims: AccessTokenClaims; kid: string }>({ max: maxCached });
  /** Of the tokens that are signed at present. */
  #header = { kid: '', encoded: '' };

  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeysService,
    private readonly clock: DatabaseClock,
    private readonly settings: Settings,
  ) {}

  /** Signs a token for one session. */
  issue(grant: {
    userId: string;
    sessionId: string;
    appid: string;
    /** By the clock of the database. */
    loggedInAt: Date;
    tokenVersion: number;
    roles: string[];
    /** Seconds. */
    lifetime: number;
  }): string {
    const { kid, privateKey } = this.keys.current();
    const issuedAt = Math.floor(Date.now() / 1_000);
    const claims: AccessTokenClaims = {
      iss: this.settings.jwtIssuer,
      sub: grant.userId,
      aud: this.settings.jwtAudience,
      exp: issuedAt + grant.lifetime,
      iat: issuedAt,
      auth_time: Math.floor(grant.loggedInAt.getTime() / 1_000),
      jti: newUuid(),
      client_id: grant.appid,
      sid: grant.sessionId,
      ver: grant.tokenVersion,
      roles: grant.roles,
    };
    return signJwt(this.headerOf(kid), claims, privateKey);
  }

  /**
   * Checks signature, issuer, audience, type and time. Without leeway: a token that has expired is expired.
   *
   * @throws {TokenInvalidError}
   * @throws {TokenExpiredError}
   * @throws {DatabaseUnavailableError} where the signing key is unknown here and cannot be looked up
   */
  async verify(token: string): Promise<AccessTokenClaims> {
    const claims = this.verifyAtOnce(token);
    if (claims !== undefined) return claims;
    const kid = keyIdOf(token);
    const publicKey = await this.keys.find(kid);
    if (publicKey === undefined) throw new TokenInvalidError();
    return this.assertNotExpired(token, this.verifySignature(token, kid, publicKey));
  }

  /**
   * The same without a promise.
   *
   * @returns undefined if this node has to look for the key of the token first
   * @throws {TokenInvalidError}
   * @throws {TokenExpiredError}
   */
  verifyAtOnce(token: string): AccessTokenClaims | undefined {
    if (token.length > maxTokenLength) throw new TokenInvalidError();
    const verified = this.#verified.get(token);
    if (verified !== undefined && this.keys.has(verified.kid)) {
      return this.assertNotExpired(token, verified.claims);
    }
    if (!isCanonical(token)) throw new TokenInvalidError();
    const kid = keyIdOf(token);
    const publicKey = this.keys.get(kid);
    if (publicKey === undefined) return undefined;
    return this.assertNotExpired(token, this.verifySignature(token, kid, publicKey));
  }

  /**
   * Whether the user has logged in at most so many seconds ago. Both times are the database's: the clocks of nodes
   * differ.
   */
  isFresh({ auth_time: loggedInAt }: AccessTokenClaims, maxAgeSeconds: number): boolean {
    if (typeof loggedInAt !== 'number') return false;
    const age = this.clock.now() / 1_000 - loggedInAt;
    return age <= maxAgeSeconds && age >= -maxClockSkew;
  }

  private headerOf(kid: string): string {
    if (this.#header.kid !== kid) {
      this.#header = { kid, encoded: encodeJwtPart({ alg: algorithm, typ: type, kid }) };
    }
    return this.#header.encoded;
  }

  private assertNotExpired(token: string, claims: AccessTokenClaims): AccessTokenClaims {
    // Revocations are forgotten then: a version without the maximum may have made tokens that live longer.
    if (Math.min(claims.exp, claims.iat + maxAccessTokenTtl) * 1_000 <= Date.now()) {
      this.#verified.delete(token);
      throw new TokenExpiredError();
    }
    return claims;
  }

  private verifySignature(token: string, kid: string, publicKey: KeyObject): AccessTokenClaims {
    let claims: AccessTokenClaims;
    try {
      claims = this.jwt.verify<AccessTokenClaims>(token, {
        // The declared type knows strings only. A KeyObject spares parsing the key again for each token.
        publicKey: publicKey as unknown as string,
        algorithms: [algorithm],
        issuer: this.settings.jwtIssuer,
        audience: this.settings.jwtAudience,
        ignoreExpiration: true,
      });
    } catch (cause) {
      throw new TokenInvalidError(cause);
    }
    if (typeof claims.exp !== 'number' || typeof claims.iat !== 'number') throw new TokenInvalidError();
    this.#verified.set(token, { claims, kid });
    return claims;
  }
}

/** The `kid` of a token whose header is that of our access tokens. */
function keyIdOf(token: string): string {
  const [header = ''] = token.split('.', 1);
  try {
    const { alg, typ, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (alg === algorithm && typ === type && typeof kid === 'string') return kid;
  } catch (cause) {
    throw new TokenInvalidError(cause);
  }
  throw new TokenInvalidError();
}

/**
 * The last character of a signature has bits that decoders ignore, so that several texts would be one token: only one
 * of them is taken. Of a signature (r, s) there is a twin, (r, n − s), that is good as well, here as in every verifier
 * of ES256 (RFC 7518 asks for neither): it says the same of the same session, and is revoked with it.
 */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return Buffer.from(signature, 'base64url').toString('base64url') === signature;
}
