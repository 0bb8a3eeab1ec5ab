import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { FieldCipher } from '../../src/crypto/field-cipher.js';
import type { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

interface StoredKey {
  kid: string;
  private_key_sealed: string;
  public_jwk: { kty: 'EC'; crv: string; x: string; y: string };
}

describe('access tokens: an authenticated route', () => {
  const world = useWorld();
  let node: ServiceNode;
  let key: StoredKey;
  let claims: Record<string, unknown>;

  beforeAll(async () => {
    node = await world.startNode();
    const { body } = await world.login(node, 'anna');
    claims = JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url').toString());
    [key] = (await world.database.query<StoredKey>('SELECT * FROM signing_keys')) as [StoredKey];
  });

  /** The service's own key, as only this test can have it: a copy of the database and the environment. */
  function privateKey() {
    const box = new FieldCipher(new KeyRing([world.encryptionKey]), 'signing-key');
    return createPrivateKey(box.decrypt(key.private_key_sealed, key.kid));
  }

  function sign(changes: { claims?: object; header?: object; with?: Parameters<SignJWT['sign']>[0] } = {}) {
    return new SignJWT({ ...claims, ...changes.claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...changes.header })
      .sign(changes.with ?? privateKey());
  }

  it('lets a token signed by our key through', async () => {
    expect((await node.me(await sign())).status).toBe(200);
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('takes the scheme as %s', async (scheme) => {
    const answer = await node.get('/me', { headers: { authorization: `${scheme} ${await sign()}` } });
    expect(answer.status).toBe(200);
  });

  it.each([
    [{}],
    [{ authorization: 'Basic YTpi' }],
    [{ authorization: 'Bearer' }],
    [{ authorization: 'Bearer a b' }],
  ])('answers token_missing to %j', async (headers) => {
    const answer = await node.get('/me', { headers });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'token_missing' },
    });
  });

  describe('that asks for a fresh login', () => {
    const loggedIn = (auth_time: unknown) => sign({ claims: { auth_time } });
    const exported = async (token: string) => (await node.as(token, 'GET', '/me/export')).body.code;

    it('takes one whose auth_time is now', async () => {
      expect(await exported(await loggedIn(Math.floor(Date.now() / 1_000)))).toBeUndefined();
    });

    it.each([undefined, null, '1795219200', true])(
      'refuses one whose auth_time is %j: tokens of earlier versions have none',
      async (loggedInAt) => {
        expect(await exported(await loggedIn(loggedInAt))).toBe('fresh_login_required');
        expect((await node.me(await loggedIn(loggedInAt))).status).toBe(200);
      },
    );
  });

  it('answers token_expired from the second of expiry on', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect(await node.me(await sign({ claims: { exp: now } }))).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { code: 'token_expired' },
    });
  });

  it('refuses a token that was good and has expired since, however well it is remembered', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 5;
    const token = await sign({ claims: { exp } });
    expect((await node.me(token)).status).toBe(200);
    await expect.poll(async () => (await node.me(token)).body.code).toBe('token_expired');
    expect(Date.now() / 1_000).toBeGreaterThanOrEqual(exp);
  });

  it.each<[string, () => Promise<string> | string]>([
    [
      'without a signature (alg none)',
      () => `${base64url({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${base64url(claims)}.`,
    ],
    [
      'signed with HS256 and our public key as the secret',
      async () => sign({ header: { alg: 'HS256' }, with: Buffer.from(JSON.stringify(key.public_jwk)) }),
    ],
    [
      'signed with HS256 and our public key in PEM as the secret',
      () => {
        const pem = createPublicKey({ key: key.public_jwk, format: 'jwk' }).export({
          type: 'spki',
          format: 'pem',
        });
        return sign({ header: { alg: 'HS256' }, with: Buffer.from(pem) });
      },
    ],
    ['of another issuer', () => sign({ claims: { iss: 'https://login.example.org' } })],
    ['for another audience', () => sign({ claims: { aud: 'other' } })],
    ['of another type', () => sign({ header: { typ: 'JWT' } })],
    ['without a type', () => sign({ header: { typ: undefined } })],
    ['without an expiry', () => sign({ claims: { exp: undefined } })],
    ['with an unknown kid', () => sign({ header: { kid: 'unknown' } })],
    ['without a kid', () => sign({ header: { kid: undefined } })],
    ['signed by another key under our kid', () => sign({ with: anotherKey() })],
    ['3 KB long', () => sign({ claims: { padding: 'x'.repeat(3_000) } })],
    ['that is no JWT', () => 'nonsense'],
    ['whose header is no JSON', () => 'e30x.e30.e30'],
    ['whose header is null', () => `${base64url(null)}.e30.e30`],
  ])('answers token_invalid to a token %s', async (_, make) => {
    expect(await node.me(await make())).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { code: 'token_invalid' },
    });
  });

  it('answers token_invalid to a token with any one bit flipped', async () => {
    const token = await sign();
    const [header, payload, signature] = token.split('.') as [string, string, string];
    for (const part of [0, 1, 2]) {
      const parts = [header, payload, signature];
      const bytes = Buffer.from(parts[part]!, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 37) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        parts[part] = flipped.toString('base64url');
        expect((await node.me(parts.join('.'))).body.code).toBe('token_invalid');
      }
    }
  });

  it('answers token_invalid to every other text of the same signature', async () => {
    const token = await sign();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const last of alphabet.replace(token.at(-1)!, '')) {
      expect((await node.me(token.slice(0, -1) + last)).body.code).toBe('token_invalid');
    }
    expect((await node.me(`${token}=`)).body.code).toBe('token_invalid');
  });

  it('revokes the twin of a signature with the token: both are of one session', async () => {
    const { accessToken } = (await world.login(node, 'twin')).body;
    const [head, signature] = [accessToken.slice(0, accessToken.lastIndexOf('.')), accessToken.split('.')[2]];
    const bytes = Buffer.from(signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${bytes.toString('hex', 32)}`);
    bytes.write(s.toString(16).padStart(64, '0'), 32, 'hex');
    const twin = `${head}.${bytes.toString('base64url')}`;
    expect(twin).not.toBe(accessToken);
    expect((await node.me(twin)).status).toBe(200);
    await node.as(accessToken, 'POST', '/auth/logout');
    expect((await node.me(twin)).body).toMatchObject({ code: 'session_revoked', reason: 'signed_out' });
  });

  it('answers 431 to a token of 100 KB', async () => {
    expect((await node.me('x'.repeat(100_000))).status).toBe(431);
  });

  describe('signed by a key that this node has not met', () => {
    const { privateKey: fresh, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    async function publish(kid: string): Promise<string> {
      const box = new FieldCipher(new KeyRing([world.encryptionKey]), 'signing-key');
      await world.database.query(
        `INSERT INTO signing_keys (kid, private_key_sealed, public_jwk, active_from) VALUES ($1, $2, $3, '2000-01-01')`,
        [
          kid,
          box.encrypt(fresh.export({ type: 'pkcs8', format: 'pem' }).toString(), kid),
          publicKey.export({ format: 'jwk' }),
        ],
      );
      return sign({ header: { kid }, with: fresh });
    }

    it('is let through: the node looks into the database', async () => {
      const latecomer = await world.startNode();
      expect((await latecomer.me(await publish('fresh'))).status).toBe(200);
    });

    it('is let through also if a token with a made-up kid has just come', async () => {
      expect((await node.me(await sign({ header: { kid: 'made-up' } }))).body.code).toBe('token_invalid');
      expect((await node.me(await publish('fresher'))).status).toBe(200);
    });
  });
});

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function anotherKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
