/** A JSON Web Token, decoded without checking its signature. */
export interface DecodedToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
}

const jwt = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/;

/** Finds the access token in what a mini-program has stored on the phone. */
export function findToken(stored: unknown): DecodedToken | undefined {
  if (typeof stored === 'string') return jwt.test(stored) ? decode(stored) : findToken(parse(stored));
  if (typeof stored !== 'object' || stored === null) return undefined;
  for (const value of Object.values(stored)) {
    const found = findToken(value);
    if (found) return found;
  }
  return undefined;
}

function decode(token: string): DecodedToken | undefined {
  const [header, claims] = token.split('.').map((part) => parse(decodeBase64Url(part)));
  if (!isObject(header) || !isObject(claims)) return undefined;
  return { header, claims, issuedAt: Number(claims['iat']), expiresAt: Number(claims['exp']) };
}

function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

/** Undefined if the text is not a JSON object: nothing else holds a token. */
function parse(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
