import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor } from '../audit/audit-log.service.js';
import { getClientIp } from '../http/client-ip.js';
import type { HttpRequest } from '../http/http-request.js';
import { findRequest } from './guarded-request.js';

/** The user behind a guarded request, as their access token says. */
export interface SignedInUser {
  id: string;
  sessionId: string;
  /** The mini-program through which they came in. */
  appid: string;
  roles: readonly string[];
}

/** A request that `JwtGuard` has let through. */
export type AuthenticatedRequest = HttpRequest & { user: SignedInUser };

/**
 * Hands the signed-in user to a handler behind `JwtGuard`: `me(@CurrentUser() user: SignedInUser)`. Undefined with
 * `@Public()`, and with `@OptionalAuth()` if no token was sent.
 */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): SignedInUser | undefined => findRequest(context)?.user,
);

/** The signed-in user as the audit names who acts. */
export function toActor(request: AuthenticatedRequest): Actor {
  return { actor: 'person', actorId: request.user.id, ip: getClientIp(request) };
}
