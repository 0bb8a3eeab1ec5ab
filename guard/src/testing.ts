import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import type { AccessTokenClaims } from './access-token-claims.js';

/** What a token says; what is left out is made up. */
export interface TestTokenClaims extends Partial<AccessTokenClaims> {
  /** Default: `weapp`. */
  audience?: string;
}

/** Seconds, as the service has it by default. */
const lifetime = 900;

/** An issuer of access tokens in memory, for the tests of a backend: without Postgres, WeChat or network. */
export class TestIssuer {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #kid = randomUUID();
  readonly #ended = new Set<string>();

  /** @param url the `issuer` of the verifier */
  constructor(readonly url = 'https://login.test') {}

  /** For the option `fetch` of `createVerifier()`: answers the questions to this issuer, and no others. */
  readonly fetch: typeof fetch = async (input, init) => {
    const { url, headers } = new Request(input, init);
    if (!url.startsWith(`${this.url}/`)) throw new Error(`A test issuer answers ${this.url}, and not ${url}`);
    return this.answer(new URL(url).pathname, headers.get('authorization') ?? '');
  };

  /** An access token, valid for 15 minutes unless `expiresAt` says otherwise. */
  async createToken(claims: TestTokenClaims = {}): Promise<string> {
    const { issuedAt = new Date() } = claims;
    const {
      userId = randomUUID(),
      sessionId = randomUUID(),
      appid = 'wx0000000000000000',
      roles = [],
      authTime = issuedAt,
      expiresAt = new Date(issuedAt.getTime() + lifetime * 1_000),
      tokenId = randomUUID(),
      tokenVersion = 0,
      audience = 'weapp',
    } = claims;
    return new SignJWT({
      auth_time: Math.floor(authTime.getTime() / 1_000),
      client_id: appid,
      sid: sessionId,
      ver: tokenVersion,
      roles,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.#kid })
      .setIssuer(this.url)
      .setSubject(userId)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(tokenId)
      .sign(this.#keys.privateKey);
  }

  /** From now on, GET `/auth/verify` refuses the tokens of this session: `session_revoked`. */
  endSession(sessionId: string): void {
    this.#ended.add(sessionId);
  }

  /** The answer to a GET of the service: the metadata, the keys, or `/auth/verify`. */
  async answer(path: string, authorization: string): Promise<Response> {
    if (path === '/.well-known/oauth-authorization-server') {
      return Response.json({ issuer: this.url, jwks_uri: `${this.url}/.well-known/jwks.json` });
    }
    if (path === '/.well-known/jwks.json') {
      const key = await exportJWK(this.#keys.publicKey);
      return Response.json({ keys: [{ ...key, kid: this.#kid, use: 'sig', alg: 'ES256' }] });
    }
    if (path === '/auth/verify') {
      const payload = authorization.split('.')[1] ?? '';
      const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string };
      return this.#ended.has(sid)
        ? Response.json({ code: 'session_revoked', reason: 'signed_out' }, { status: 401 })
        : new Response(null, { status: 204 });
    }
    return new Response(null, { status: 404 });
  }
}

/** The issuer of `createTestToken()`. */
export const testIssuer = new TestIssuer();

/** An access token of `testIssuer`; what `claims` leaves out is made up. */
export function createTestToken(claims: TestTokenClaims = {}): Promise<string> {
  return testIssuer.createToken(claims);
}

/** Starts an issuer of its own on a free port of 127.0.0.1, for a backend in a process of its own. */
export async function serveTestIssuer(): Promise<{ issuer: TestIssuer; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void issuer.answer(request.url ?? '/', request.headers.authorization ?? '').then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = new TestIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
