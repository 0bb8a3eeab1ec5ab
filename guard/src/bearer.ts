import { GuardError } from './guard.error.js';

/** What is needed of a request. Those of Node, Express and Fastify have it, and the handshake of Socket.IO. */
export interface BearerRequest {
  headers: { authorization?: string | undefined };
  rawHeaders?: string[];
  /** Node's request inside of Fastify's. */
  raw?: { rawHeaders?: string[] };
}

/**
 * The access token of a request; undefined if it has none (RFC 6750, section 2.1). The case of the scheme does not
 * matter (RFC 9110, section 11.1).
 *
 * @throws {GuardError} `token_invalid`, if there are several `Authorization` headers: Node hands on the first one, and
 *   a proxy in front may have looked at another
 */
export function readBearer({ headers, rawHeaders, raw }: BearerRequest): string | undefined {
  const names = (rawHeaders ?? raw?.rawHeaders ?? []).filter((_, index) => index % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'authorization').length > 1) {
    throw GuardError.tokenInvalid();
  }
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}
