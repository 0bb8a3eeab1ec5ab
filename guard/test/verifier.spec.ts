import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createVerifier, type VerifierOptions } from '../src/index.js';
import { createTestToken, TestIssuer, testIssuer } from '../src/testing.js';
import { addressOf, CountedIssuer } from './counted-issuer.js';
import { expectProblem, refusalOf } from './refusal.js';

const { url: issuer, fetch } = testIssuer;
const verifier = createVerifier({ issuer, fetch });

afterEach(() => void vi.useRealTimers());

const bearer = (authorization?: string) => ({ headers: { authorization } });
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;

/** The same token with another header or payload, signed by `signature` or with the old signature. */
function forge(
  token: string,
  { header = {}, payload = {} }: { header?: object; payload?: object },
  signature?: (input: string) => string,
): string {
  const [oldHeader = '', oldPayload = '', oldSignature = ''] = token.split('.');
  const input = `${encode({ ...decode(oldHeader), ...header })}.${encode({ ...decode(oldPayload), ...payload })}`;
  return `${input}.${signature?.(input) ?? oldSignature}`;
}

describe('a valid access token', () => {
  it('says who the user is', async () => {
    const issuedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    const claims = {
      userId: '01a1fc0b-8543-769f-a0a8-36d8f00a7120',
      sessionId: '01a1fc0b-8543-769f-a0a8-36d8f00a7121',
      appid: 'wx00000000000000aa',
      roles: ['moderator', 'admin'],
      authTime: new Date(issuedAt.getTime() - 60_000),
      issuedAt,
      expiresAt: new Date(issuedAt.getTime() + 900_000),
      tokenId: '01a1fc0b-8543-769f-a0a8-36d8f00a7122',
      tokenVersion: 3,
    };
    await expect(verifier.verify(await createTestToken(claims))).resolves.toEqual(claims);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEARER '])('is taken after %s', async (scheme) => {
    const token = await createTestToken({ userId: 'anna' });
    await expect(verifier.authenticate(bearer(`${scheme} ${token}`))).resolves.toMatchObject({
      userId: 'anna',
    });
  });

  it('cannot be changed by who gets its claims', async () => {
    const claims = await verifier.verify(await createTestToken({ roles: ['moderator'] }));
    expect(() => (claims.roles as string[]).push('admin')).toThrow(TypeError);
  });

  it('is verified once: the second time costs no signature', async () => {
    const token = await createTestToken();
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
  });

  it.each([
    ['one', 'wx00000000000000aa'],
    ['a list', ['wx00000000000000bb', 'wx00000000000000aa']],
  ])('is of a mini-program that `app` names: %s', async (_, app) => {
    const strict = createVerifier({ issuer, fetch, app });
    const token = await createTestToken({ appid: 'wx00000000000000aa' });
    await expect(strict.verify(token)).resolves.toMatchObject({ appid: 'wx00000000000000aa' });
  });
});

describe('refused', () => {
  it('is none of the tokens below for another reason: unchanged, the same key signs a valid one', async () => {
    const { verifier: own, token } = await ownKey().issue({});
    await expect(own.verify(token)).resolves.toBeDefined();
  });

  it('is a request without a token', async () => {
    const error = await refusalOf(verifier.authenticate(bearer()));
    expect(error).toMatchObject({
      code: 'token_missing',
      status: 401,
      headers: {
        'WWW-Authenticate': 'Bearer',
        'Cache-Control': 'no-store',
      },
      body: { type: 'urn:problem-type:weapp-auth:token_missing', status: 401, code: 'token_missing' },
    });
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b'])('is the header "%s"', async (header) => {
    await expectProblem(verifier.authenticate(bearer(header)), 'token_missing');
  });

  it('are two Authorization headers, even if both are good', async () => {
    const header = `Bearer ${await createTestToken()}`;
    const rawHeaders = ['Authorization', header, 'Host', 'a', 'authorization', header];
    const request = { headers: { authorization: header }, rawHeaders };
    await expectProblem(verifier.authenticate(request), 'token_invalid');
    await expectProblem(
      verifier.authenticate({ headers: request.headers, raw: { rawHeaders } }),
      'token_invalid',
    );
  });

  it('is a token at the second in which it expires, and says how to go on', async () => {
    const expiresAt = new Date(Math.ceil(Date.now() / 1_000 + 600) * 1_000);
    const token = await createTestToken({ expiresAt });
    vi.useFakeTimers({ toFake: ['Date'], now: expiresAt.getTime() - 1 });
    await expect(verifier.verify(token)).resolves.toMatchObject({ expiresAt });
    vi.setSystemTime(expiresAt);
    expect(await refusalOf(verifier.verify(token))).toMatchObject({
      code: 'token_expired',
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    });
    // Nor without the cache of verified tokens.
    await expectProblem(createVerifier({ issuer, fetch }).verify(token), 'token_expired');
  });

  it('is a token of another issuer with the same key id', async () => {
    const other = new TestIssuer(issuer);
    await expectProblem(verifier.verify(await other.createToken()), 'token_invalid');
  });

  it('is a token with another iss', async () => {
    const other = new TestIssuer('https://other.test');
    const confused = createVerifier({ issuer, fetch: (url, init) => answerAs(issuer, other, url, init) });
    await expectProblem(confused.verify(await other.createToken()), 'token_invalid');
  });

  it('is a token for another audience', async () => {
    await expectProblem(verifier.verify(await createTestToken({ audience: 'other' })), 'token_invalid');
    const other = createVerifier({ issuer, fetch, audience: 'other' });
    await expectProblem(other.verify(await createTestToken()), 'token_invalid');
  });

  it('is a token of another mini-program, or of the command admin:token', async () => {
    const strict = createVerifier({ issuer, fetch, app: 'wx00000000000000aa' });
    for (const appid of ['wx00000000000000bb', 'operator']) {
      expect(await refusalOf(strict.verify(await createTestToken({ appid })))).toMatchObject({
        code: 'forbidden',
        status: 403,
        headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
      });
    }
  });

  it('is alg none', async () => {
    const token = await createTestToken();
    for (const alg of ['none', 'None', 'NONE']) {
      await expectProblem(verifier.verify(forge(token, { header: { alg } }, () => '')), 'token_invalid');
    }
  });

  it('is HS256 with the public key as the secret', async () => {
    const answer = await testIssuer.fetch(`${issuer}/.well-known/jwks.json`);
    const { keys } = (await answer.json()) as { keys: JWK[] };
    const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
    for (const secret of [key.export({ type: 'spki', format: 'pem' }), JSON.stringify(keys[0])]) {
      const forged = forge(await createTestToken(), { header: { alg: 'HS256' } }, (input) =>
        createHmac('sha256', secret).update(input).digest('base64url'),
      );
      await expectProblem(verifier.verify(forged), 'token_invalid');
    }
  });

  it('is a key that the token brings along', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const forged = forge(
      await createTestToken(),
      { header: { jwk, jku: 'https://evil.test/jwks.json' } },
      (input) =>
        sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
          'base64url',
        ),
    );
    await expectProblem(verifier.verify(forged), 'token_invalid');
  });

  it.each([{ typ: 'JWT' }, { typ: undefined }, { kid: undefined }, { kid: 7 }, { crit: ['exp'] }])(
    'is the header %j',
    async (header) => {
      const { verifier: own, token } = await ownKey().issue({ header });
      await expectProblem(own.verify(token), 'token_invalid');
    },
  );

  it.each([
    { sub: undefined },
    { sub: '' },
    { sid: undefined },
    { exp: undefined },
    { exp: '4102444800' },
    { iat: undefined },
    { client_id: undefined },
    { roles: undefined },
    { roles: 'admin' },
    { roles: [1] },
    { auth_time: 'now' },
  ])('is the claim %j, although the issuer has signed it', async (payload) => {
    const { verifier: own, token } = await ownKey().issue({ payload });
    await expectProblem(own.verify(token), 'token_invalid');
  });

  it('is a token without auth_time nowhere but at a fresh login', async () => {
    const { verifier: own, token } = await ownKey().issue({ payload: { auth_time: undefined } });
    await expect(own.verify(token)).resolves.toMatchObject({ authTime: undefined });
    await expectProblem(
      own.authenticate(bearer(`Bearer ${token}`), { maxLoginAgeSeconds: 300 }),
      'fresh_login_required',
    );
  });

  it('is a token in which any one character was changed', async () => {
    const token = await createTestToken();
    await verifier.verify(token);
    for (let at = 0; at < token.length; at++) {
      const changed = token[at] === 'A' ? 'B' : 'A';
      const tampered = token.slice(0, at) + changed + token.slice(at + 1);
      await expectProblem(verifier.verify(tampered), 'token_invalid');
    }
  });

  it('is another spelling of the same signature: its last character has bits that decoders ignore', async () => {
    const token = await createTestToken();
    const spelling = token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
    expect(Buffer.from(spelling.split('.')[2]!, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2]!, 'base64url'),
    );
    await expectProblem(verifier.verify(spelling), 'token_invalid');
  });

  it.each(['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', 'é', 'x'.repeat(100_000)])(
    'is what is no token at all (%#)',
    async (text) => {
      const counted = new CountedIssuer();
      const own = createVerifier({ issuer: counted.url, fetch: counted.fetch });
      await expectProblem(own.verify(text), 'token_invalid');
      expect(counted.asked).toEqual([]);
    },
  );
});

describe('what a route asks for', () => {
  it('is one of several roles', async () => {
    const request = bearer(`Bearer ${await createTestToken({ roles: ['moderator'] })}`);
    await expect(verifier.authenticate(request, { roles: ['admin', 'moderator'] })).resolves.toBeDefined();
    await expectProblem(verifier.authenticate(request, { roles: ['admin'] }), 'forbidden');
    await expectProblem(verifier.authenticate(request, { roles: [] }), 'forbidden');
  });

  it('is a fresh login, by the time of the login and not of the token', async () => {
    const requirements = { maxLoginAgeSeconds: 300 };
    const fresh = await createTestToken({ authTime: new Date(Date.now() - 200_000) });
    await expect(verifier.authenticate(bearer(`Bearer ${fresh}`), requirements)).resolves.toBeDefined();
    const old = await createTestToken({ authTime: new Date(Date.now() - 400_000) });
    expect(await refusalOf(verifier.authenticate(bearer(`Bearer ${old}`), requirements))).toMatchObject({
      code: 'fresh_login_required',
      status: 401,
      headers: {
        'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", max_age=300',
      },
      body: { maxAge: 300 },
    });
    const future = await createTestToken({ authTime: new Date(Date.now() + 60_000) });
    await expectProblem(
      verifier.authenticate(bearer(`Bearer ${future}`), requirements),
      'fresh_login_required',
    );
  });

  it('is nothing where the token is optional, but a token that is not valid is refused', async () => {
    await expect(verifier.authenticate(bearer(), { optional: true })).resolves.toBeUndefined();
    const token = await createTestToken({ expiresAt: new Date(Date.now() - 1_000) });
    await expectProblem(
      verifier.authenticate(bearer(`Bearer ${token}`), { optional: true }),
      'token_expired',
    );
  });
});

describe('wrong options', () => {
  it('are refused at once, all in one message', () => {
    const options = {
      issuer: 'login',
      audience: '',
      app: [],
      serviceUrl: 'ftp://a',
      revocationCacheSeconds: -1,
    };
    expect(() => createVerifier(options)).toThrow(
      /^weapp-auth-guard: issuer .*; serviceUrl .*; audience .*; app .*; revocationCacheSeconds .*\.$/,
    );
  });

  it.each([{}, { issuer: undefined }, { issuer: '' }, { issuer: 'https://user:secret@login.test' }])(
    'are %j',
    (options) => {
      expect(() => createVerifier(options as VerifierOptions)).toThrow(/issuer must be the JWT_ISSUER/);
    },
  );
});

/** An issuer whose key the test knows, and which signs anything. */
function ownKey() {
  const url = 'https://own.test';
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'ES256', use: 'sig' }];
  const answer: typeof fetch = async (input) =>
    Response.json(
      addressOf(input).endsWith('jwks.json') ? { keys } : { issuer: url, jwks_uri: `${url}/jwks.json` },
    );
  return {
    async issue(changes: { header?: object; payload?: object }) {
      const token = await createTestToken();
      const forged = forge(
        token,
        { header: { kid: 'own', ...changes.header }, payload: { iss: url, ...changes.payload } },
        (input) =>
          sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
            'base64url',
          ),
      );
      return { token: forged, verifier: createVerifier({ issuer: url, fetch: answer }) };
    },
  };
}

/** The keys of another issuer, under the address and the name of this one. */
async function answerAs(
  url: string,
  other: TestIssuer,
  input: Parameters<typeof fetch>[0],
  init?: RequestInit,
): Promise<Response> {
  const answer = await other.fetch(addressOf(input).replace(url, other.url), init);
  return new Response((await answer.text()).replaceAll(other.url, url), { status: answer.status });
}
