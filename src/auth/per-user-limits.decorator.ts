import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Problems } from '../http/problems.decorator.js';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { type UserRateLimit, UserLimiter, type UserConcurrencyGroup } from './user-limiter.js';

const rateLimitMetadata = 'weapp-auth:user-rate-limit';
const concurrencyGroupMetadata = 'weapp-auth:user-concurrency-group';

/** Runs after the guards, before the body is checked and before an upload is read. */
@Injectable()
class UserRateLimitInterceptor implements NestInterceptor {
  constructor(
    private readonly limiter: UserLimiter,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const limit = this.reflector.get<UserRateLimit>(rateLimitMetadata, context.getHandler());
    return from(this.limiter.limitRate(userIdOf(context), limit, () => resultOf(next)));
  }
}

@Injectable()
class UserConcurrencyLimitInterceptor implements NestInterceptor {
  constructor(
    private readonly limiter: UserLimiter,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const group = this.reflector.get<UserConcurrencyGroup>(concurrencyGroupMetadata, context.getHandler());
    return from(this.limiter.limitConcurrency(userIdOf(context), group, () => resultOf(next)));
  }
}

/**
 * Limits how often each user may call a route per minute. Routes whose limits have the same name share one count. For
 * handlers behind `JwtGuard`.
 */
export function PerUserRateLimit(limit: UserRateLimit): MethodDecorator {
  return applyDecorators(
    SetMetadata(rateLimitMetadata, limit),
    UseInterceptors(UserRateLimitInterceptor),
    Problems('rate_limited'),
  );
}

/**
 * Limits each user to four requests at the same time, counted over all routes of the group. For routes that write, or
 * that call WeChat. For handlers behind `JwtGuard`.
 */
export function PerUserConcurrencyLimit(group: UserConcurrencyGroup): MethodDecorator {
  return applyDecorators(
    SetMetadata(concurrencyGroupMetadata, group),
    UseInterceptors(UserConcurrencyLimitInterceptor),
    Problems('rate_limited'),
  );
}

function userIdOf(context: ExecutionContext): string {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user.id;
}

async function resultOf(next: CallHandler): Promise<unknown> {
  return lastValueFrom(next.handle(), { defaultValue: undefined });
}
