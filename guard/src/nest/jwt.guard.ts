import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { BearerRequest } from '../bearer.js';
import { GuardError } from '../guard.error.js';
import { Verifier } from '../verifier.js';
import { metadata } from './decorators.js';
import { GuardException } from './guard.exception.js';
import { userHolderOf } from './user-holder.js';

type Target = ReturnType<ExecutionContext['getHandler']> | ReturnType<ExecutionContext['getClass']>;

/**
 * Lets in requests with a valid access token, and with the role and the fresh login that `@Roles()` and
 * `@FreshLogin()` ask for. Use it with `@UseGuards(JwtGuard)`, or for all routes as `APP_GUARD`; `@Public()` and
 * `@OptionalAuth()` make exceptions.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    @Inject(Verifier) private readonly verifier: Verifier,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // A handler's own metadata counts for more than its controller's.
    const targets = [context.getHandler(), context.getClass()];
    const access = this.accessOf(targets);
    if (access === 'public') return true;
    try {
      userHolderOf(context).user = await this.verifier.authenticate(
        this.getRequest(context),
        access === 'optional'
          ? { optional: true }
          : {
              roles: this.reflector.getAllAndOverride(metadata.roles, targets),
              maxLoginAgeSeconds: this.reflector.getAllAndOverride(metadata.freshLogin, targets),
            },
      );
    } catch (error) {
      if (error instanceof GuardError) throw this.refuse(error, context);
      throw error;
    }
    return true;
  }

  /**
   * The request whose `Authorization` header counts. Override it where the first argument of a handler is none:
   * for GraphQL, return the `req` of its context; for WebSockets, the handshake.
   */
  protected getRequest(context: ExecutionContext): BearerRequest {
    return context.switchToHttp().getRequest();
  }

  /**
   * What is thrown for a refusal. It sets the headers on the response itself: Nest's own filter, and most of others,
   * send the body of an exception and no headers. The Content-Type stays the filter's, which may write another body.
   * Override it for WebSockets, which take a `WsException`.
   */
  protected refuse(error: GuardError, context: ExecutionContext): Error {
    if (context.getType() === 'http') {
      // Express and Fastify have this method in common.
      const response = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
      for (const [name, value] of Object.entries(error.headers)) response.header(name, value);
    }
    return new GuardException(error);
  }

  /**
   * The nearest one decides. `@Roles()` on a handler closes a controller that is public, and beside `@Public()` it
   * wins.
   */
  private accessOf(targets: Target[]): 'public' | 'optional' | undefined {
    for (const target of targets) {
      const asksForMore = [metadata.roles, metadata.freshLogin].some(
        (name) => this.reflector.get<unknown>(name, target) !== undefined,
      );
      if (asksForMore) return undefined;
      const access = this.reflector.get<'public' | 'optional' | undefined>(metadata.access, target);
      if (access !== undefined) return access;
    }
    return undefined;
  }
}
