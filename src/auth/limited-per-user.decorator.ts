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
import { type UserBudget, UserLimiter, type UserTurns } from './user-limiter.js';

const budgetMetadata = 'weapp-auth:user-budget';
const turnsMetadata = 'weapp-auth:user-turns';

/** Runs after the guards, and before the body is checked; an upload has not been read by then. */
@Injectable()
class UserBudgetInterceptor implements NestInterceptor {
  constructor(
    private readonly limits: UserLimiter,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const budget = this.reflector.get<UserBudget>(budgetMetadata, context.getHandler());
    return from(this.limits.spend(userIdOf(context), budget, () => answerOf(next)));
  }
}

@Injectable()
class UserTurnsInterceptor implements NestInterceptor {
  constructor(
    private readonly limits: UserLimiter,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const turns = this.reflector.get<UserTurns>(turnsMetadata, context.getHandler());
    return from(this.limits.inTurn(userIdOf(context), turns, () => answerOf(next)));
  }
}

/**
 * Lets each user call a route, or all routes with a budget of this name together, so often in a minute and no more.
 * For handlers behind `JwtGuard`.
 */
export function PerUserBudget(budget: UserBudget): MethodDecorator {
  return applyDecorators(
    SetMetadata(budgetMetadata, budget),
    UseInterceptors(UserBudgetInterceptor),
    Problems('rate_limited'),
  );
}

/**
 * Lets each user have four requests under way at once on all routes with the same turns together: for routes that
 * write, or ask WeChat. For handlers behind `JwtGuard`.
 */
export function PerUserTurns(turns: UserTurns): MethodDecorator {
  return applyDecorators(
    SetMetadata(turnsMetadata, turns),
    UseInterceptors(UserTurnsInterceptor),
    Problems('rate_limited'),
  );
}

function userIdOf(context: ExecutionContext): string {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user.id;
}

async function answerOf(next: CallHandler): Promise<unknown> {
  return lastValueFrom(next.handle(), { defaultValue: undefined });
}
