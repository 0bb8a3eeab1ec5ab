import { SetMetadata } from '@nestjs/common';

/** The metadata that `@Roles()` owns. */
export const rolesMetadata = 'weapp-auth:roles';

/** Lets only users with at least one of these roles through `JwtGuard`; on a handler or a controller. */
export const Roles = (...roles: string[]) => SetMetadata(rolesMetadata, roles);
