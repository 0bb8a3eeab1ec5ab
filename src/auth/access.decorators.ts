import { SetMetadata } from '@nestjs/common';

/** The metadata that `@Public()` and `@OptionalAuth()` own. */
export const accessMetadata = 'weapp-auth:access';

/** Whether `JwtGuard` asks for a token, takes one if it is there, or lets everybody in. */
export type Access = 'public' | 'optional';

/** Lets everybody through `JwtGuard`, and looks at no token; on a handler or a controller. */
export const Public = () => SetMetadata(accessMetadata, 'public' satisfies Access);

/**
 * Lets those through `JwtGuard` who send no token: `@CurrentUser()` is undefined then. A token that is sent has to be good,
 * so that a client learns that it has to renew it.
 */
export const OptionalAuth = () => SetMetadata(accessMetadata, 'optional' satisfies Access);
