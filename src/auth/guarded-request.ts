import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { SignedInUser } from './current-user.decorator.js';

/** What has the header with the token, and is given the user. */
export interface GuardedRequest {
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  rawHeaders?: string[];
  /** Node's request inside of Fastify's. */
  raw?: { rawHeaders?: string[] };
  user?: SignedInUser;
}

/**
 * The request that a handler is called for. GraphQL: `req` of the context, as Apollo's driver has it. WebSockets: the
 * handshake of the client, as socket.io has it; with another library, put the request that opened the connection there:
 * `client.handshake = request`.
 *
 * @returns undefined if there is none
 */
export function findRequest(context: ExecutionContext): GuardedRequest | undefined {
  switch (context.getType<string>()) {
    case 'graphql':
      return context.getArgByIndex<{ req?: GuardedRequest } | undefined>(2)?.req;
    case 'ws':
      return context.switchToWs().getClient<{ handshake?: GuardedRequest }>().handshake;
    default:
      // `switchToHttp()` makes three functions each time.
      return context.getArgByIndex<GuardedRequest>(0);
  }
}

/**
 * Whether the request has several `Authorization` headers. RFC 9110, section 5.3, forbids it: Node hands on the first
 * one, and a proxy in front may have looked at another.
 */
export function repeatsAuthorization({ rawHeaders, raw }: GuardedRequest): boolean {
  const headers = rawHeaders ?? raw?.rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    if (name.length === 'authorization'.length && name.toLowerCase() === 'authorization') count++;
  }
  return count > 1;
}
