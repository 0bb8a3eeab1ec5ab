import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Problems } from '../http/problems.decorator.js';

/** The metadata that `@FreshLogin()` owns. */
export const freshLoginMetadata = 'weapp-auth:fresh-login';

/** Seconds after a login in which a user may change who can use the account, or take or delete what is in it. */
export const maxAccountLoginAge = 120;

/** Seconds after a login in which an operator may change something. */
export const maxAdminLoginAge = 900;

/**
 * Lets through `JwtGuard` only a session whose login is at most so many seconds old, and says so in the OpenAPI
 * document; on a handler or a controller. A copied access token, or a refreshed one, is not enough then (RFC 9470).
 */
export const FreshLogin = (maxAgeSeconds: number): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(freshLoginMetadata, maxAgeSeconds), Problems('fresh_login_required'));
