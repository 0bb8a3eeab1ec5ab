import { type KeyObject, sign } from 'node:crypto';

/**
 * Without `@nestjs/jwt`, which costs as much again as the signature: see docs/decisions/0022-signing-without-a-library.md.
 *
 * @param privateKey on P-256
 * @returns JWS in compact serialization (RFC 7515, section 7.1), signed with ES256 (RFC 7518, section 3.4)
 */
export function signJwt(header: object, claims: object, privateKey: KeyObject): string {
  const content = `${toBase64url(header)}.${toBase64url(claims)}`;
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

function toBase64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
