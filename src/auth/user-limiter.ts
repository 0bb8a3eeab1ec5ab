import { Injectable } from '@nestjs/common';
import { RateLimit } from '../limits/rate-limit.js';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { UserConcurrencyLimitError, UserRateLimitError } from './auth.errors.js';

/** Requests of one user at the same time, over all routes of a group. */
const maxConcurrent = 4;

/**
 * Routes that end sessions are a group of their own. Otherwise a thief of a token could make four slow uploads, and the
 * owner could not end the session.
 */
export type UserConcurrencyGroup = 'writing' | 'ending';

/** How often a user may call a route. */
export interface UserRateLimit {
  /** Routes with the same name share one count. */
  name: string;
  perMinute: number;
  /** Whether malformed requests count, too; for routes on which they cost as much as others. */
  countsMalformed?: boolean;
}

/** Limits each user on this node: requests per minute, and requests at the same time. */
@Injectable()
export class UserLimiter {
  /** By the name of the limit. */
  readonly #rateLimits = new Map<string, RateLimit>();
  /** Requests in progress, by group and user. */
  readonly #inProgress = new Map<string, number>();

  /**
   * Runs `work` if the limit is not reached. A request counts from its beginning, so that concurrent requests cannot
   * exceed the limit. A request that is malformed, or that {@link limitConcurrency} refuses, is not counted in the end.
   *
   * @throws {UserRateLimitError} without running it
   */
  async limitRate<Result>(
    userId: string,
    rateLimit: UserRateLimit,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const limit = this.rateLimitOf(rateLimit);
    limit.assertWithin(userId);
    const takeBack = limit.count(userId);
    try {
      return await work();
    } catch (error) {
      const isMalformed = error instanceof InvalidRequestError && rateLimit.countsMalformed !== true;
      if (isMalformed || error instanceof UserConcurrencyLimitError) takeBack();
      throw error;
    }
  }

  /**
   * Runs `work` if fewer than four requests of the user are in progress.
   *
   * @throws {UserConcurrencyLimitError} without running it
   */
  async limitConcurrency<Result>(
    userId: string,
    group: UserConcurrencyGroup,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const key = `${group} ${userId}`;
    const inProgress = this.#inProgress.get(key) ?? 0;
    if (inProgress >= maxConcurrent) throw new UserConcurrencyLimitError();
    this.#inProgress.set(key, inProgress + 1);
    try {
      return await work();
    } finally {
      const left = this.#inProgress.get(key)! - 1;
      if (left === 0) this.#inProgress.delete(key);
      else this.#inProgress.set(key, left);
    }
  }

  private rateLimitOf({ name, perMinute }: UserRateLimit): RateLimit {
    const known = this.#rateLimits.get(name);
    if (known !== undefined) return known;
    const limit = new RateLimit(perMinute, UserRateLimitError);
    this.#rateLimits.set(name, limit);
    return limit;
  }
}
