import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { SignedInUser } from './current-user.decorator.js';

/** What has the header with the token, and is given the user. */
export interface GuardedRequest {
  headers: IncomingHttpHeaders;
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
