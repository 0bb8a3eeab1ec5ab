import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { UserConcurrencyLimitError, UserRateLimitError } from './auth.errors.js';

/** Milliseconds of the window of a rate limit. It begins with the first request. */
const periodMs = 60_000;

/** Windows that are remembered. Only signed-in users have one. */
const maxWindows = 100_000;

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
  readonly #windows = new LRUCache<string, { requests: number }>({ max: maxWindows, ttl: periodMs });
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
    { name, perMinute, countsMalformed = false }: UserRateLimit,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const key = `${name} ${userId}`;
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { requests: 0 };
      this.#windows.set(key, window);
    }
    if (window.requests >= perMinute) {
      throw new UserRateLimitError(Math.max(1, Math.ceil(this.#windows.getRemainingTTL(key) / 1_000)));
    }
    window.requests += 1;
    try {
      return await work();
    } catch (error) {
      const isMalformed = error instanceof InvalidRequestError && !countsMalformed;
      if (isMalformed || error instanceof UserConcurrencyLimitError) window.requests -= 1;
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
}
