import type { ExecutionContext } from '@nestjs/common';
import type { AccessTokenClaims } from '../access-token-claims.js';

/** Has the user after `JwtGuard`. */
export interface UserHolder {
  user?: AccessTokenClaims | undefined;
}

/** Where a handler finds the user: on the request; in GraphQL on its context; on the client of a WebSocket. */
export function userHolderOf(context: ExecutionContext): UserHolder {
  // Arguments of a resolver: parent, arguments, context, info.
  return context.getArgByIndex(context.getType<string>() === 'graphql' ? 2 : 0);
}
