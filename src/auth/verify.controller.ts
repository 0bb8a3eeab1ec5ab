import { All, Get, Header, HttpCode, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiQuery, ApiTags } from '@nestjs/swagger';
import { HttpAdapterHost } from '@nestjs/core';
import { ServiceController } from '../http/service-controller.decorator.js';
import { RoleMissingError, WrongAppError } from './auth.errors.js';
import { CurrentUser, type SignedInUser } from './current-user.decorator.js';
import { Authenticated } from './authenticated.decorator.js';
import { WantedApp, WantedRole } from './verify-query.decorators.js';

/** For proxies that ask, before they hand a request on, whether its token is good and whose it is. */
@ServiceController('auth/verify')
@ApiTags('auth')
@Authenticated('invalid_request', 'forbidden')
export class VerifyController {
  constructor(private readonly host: HttpAdapterHost) {}

  /**
   * Check an access token for a proxy. The response headers X-User-Id, X-Session-Id, X-App-Id and X-User-Roles
   * (comma-separated, empty for none) say whose token it is.
   */
  @Get()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  @ApiQuery({ name: 'role', required: false, description: 'A role that the user must have.' })
  @ApiQuery({
    name: 'app',
    required: false,
    description: 'The appid of the mini-program that the user must have logged in to.',
  })
  verify(
    @CurrentUser() user: SignedInUser,
    @WantedRole() role: string | undefined,
    @WantedApp() app: string | undefined,
    @Res({ passthrough: true }) response: unknown,
  ): void {
    if (role !== undefined && !user.roles.includes(role)) throw new RoleMissingError();
    if (app !== undefined && app !== user.appid) throw new WrongAppError();
    const { httpAdapter } = this.host;
    // All four always, so that a proxy that copies them replaces whatever a visitor has sent under these names.
    httpAdapter.setHeader(response, 'X-User-Id', user.id);
    httpAdapter.setHeader(response, 'X-Session-Id', user.sessionId);
    httpAdapter.setHeader(response, 'X-App-Id', user.appid);
    httpAdapter.setHeader(response, 'X-User-Roles', user.roles.join(','));
  }

  /**
   * The same for Envoy, whose ext_authz asks with the method of the original request, appends its path and query to
   * `path_prefix`, and takes 200 alone for a yes. An `app` in that query is the backend's own.
   */
  // Express would have a name for the wildcard, which Fastify refuses; Nest translates this for it, with a warning.
  @All('*')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiExcludeEndpoint()
  verifyForEnvoy(
    @CurrentUser() user: SignedInUser,
    @WantedRole() role: string | undefined,
    @Res({ passthrough: true }) response: unknown,
  ): void {
    this.verify(user, role, undefined, response);
  }
}
