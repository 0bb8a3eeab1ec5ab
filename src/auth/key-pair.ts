import { createHash, generateKeyPairSync } from 'node:crypto';
import type { FieldCipher } from '../crypto/field-cipher.js';
import type { PublicJwk, SigningKey } from './signing-key.entity.js';

/** A new key pair as its row keeps it, for ES256. */
export function makeKeyPair(box: FieldCipher): Pick<SigningKey, 'kid' | 'publicJwk' | 'privateKeySealed'> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
  const kid = thumbprint(publicJwk);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { kid, publicJwk, privateKeySealed: box.encrypt(pem, kid) };
}

/** RFC 7638: SHA-256 of the required members in lexicographic order, without white space. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
