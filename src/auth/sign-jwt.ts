import { type KeyObject, sign } from 'node:crypto';

/**
 * Without `@nestjs/jwt`, which costs as much again as the signature: see docs/decisions/0022-signing-without-a-library.md.
 *
 * @param header as {@link encodeJwtPart} encodes it: it is the same for all tokens of a key
 * @param privateKey on P-256
 * @returns JWS in compact serialization (RFC 7515, section 7.1), signed with ES256 (RFC 7518, section 3.4)
 */
export function signJwt(header: string, claims: object, privateKey: KeyObject): string {
  const content = `${header}.${encodeJwtPart(claims)}`;
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

/** JSON in base64url. */
export function encodeJwtPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
