import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AccessTokens } from './access-tokens.js';
import { ForbiddenError, TokenMissingError } from './auth.errors.js';
import type { GuardedRequest } from './current-user.decorator.js';
import { rolesMetadata } from './roles.decorator.js';

/**
 * Lets a request through that carries an access token of ours, and the role that `@Roles()` asks for. The
 * handler gets the person by `@CurrentUser()`.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const claims = await this.accessTokens.verify(bearerOf(request.headers.authorization));
    request.user = { id: claims.sub, sessionId: claims.sid, appid: claims.client_id, roles: claims.roles };

    const wanted = this.reflector.getAllAndOverride<string[] | undefined>(rolesMetadata, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (wanted !== undefined && !wanted.some((role) => claims.roles.includes(role)))
      throw new ForbiddenError();
    return true;
  }
}

/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new TokenMissingError();
  return token;
}
