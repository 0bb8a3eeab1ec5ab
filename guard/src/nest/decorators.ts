import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { AccessTokenClaims } from '../access-token-claims.js';
import { userHolderOf } from './user-holder.js';

/** The metadata of these decorators, which `JwtGuard` reads. */
export const metadata = {
  access: 'weapp-auth-guard:access',
  roles: 'weapp-auth-guard:roles',
  freshLogin: 'weapp-auth-guard:fresh-login',
} as const;

/** `JwtGuard` lets everybody in, and looks at no token; on a handler or a controller. */
export const Public = () => SetMetadata(metadata.access, 'public');

/**
 * `JwtGuard` lets in requests without a token, too; `@CurrentUser()` is undefined then. A token that is not valid is
 * refused, so that the client renews it.
 */
export const OptionalAuth = () => SetMetadata(metadata.access, 'optional');

/** `JwtGuard` lets in only users with at least one of these roles; on a handler or a controller. */
export const Roles = (...roles: string[]) => SetMetadata(metadata.roles, roles);

/**
 * `JwtGuard` lets in only sessions whose login is at most so many seconds old (RFC 9470); on a handler or a
 * controller. A refresh is no login.
 */
export const FreshLogin = (maxAgeSeconds: number) => SetMetadata(metadata.freshLogin, maxAgeSeconds);

/** Hands the user to a handler behind `JwtGuard`: `mine(@CurrentUser() user: AccessTokenClaims)`. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): AccessTokenClaims | undefined => userHolderOf(context).user,
);
