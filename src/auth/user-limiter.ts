import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { TooManyAtOnceError, UserBudgetError } from './auth.errors.js';

/** Milliseconds for which a budget lasts; counted from the first request of it. */
const periodMs = 60_000;

/** Budgets that are remembered. Only signed-in users have one. */
const maxBudgets = 100_000;

/** Requests of one user under way at once, over all routes with the same turns. */
const maxAtOnce = 4;

/**
 * What ends sessions has turns of its own: whoever has stolen a token must not keep its owner from that by four slow
 * uploads.
 */
export type UserTurns = 'writing' | 'ending';

/** How often a user may do something. */
export interface UserBudget {
  /** Routes with the same name share a budget. */
  name: string;
  perMinute: number;
  /** Whether a malformed request counts, too: where it costs as much as another. */
  countsMalformed?: boolean;
}

/** What each user may do at most on this node: so often in a minute, and so much at once. */
@Injectable()
export class UserLimiter {
  readonly #spent = new LRUCache<string, { requests: number }>({ max: maxBudgets, ttl: periodMs });
  /** Requests under way, by turns and user. */
  readonly #underWay = new Map<string, number>();

  /**
   * Runs `work` if the budget is not used up. A request counts from its beginning on, so that many at once cannot
   * exceed the budget. One that turns out to be malformed, or that is refused by {@link inTurn}, is given back.
   *
   * @throws {UserBudgetError} without running it
   */
  async spend<Result>(
    userId: string,
    { name, perMinute, countsMalformed = false }: UserBudget,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const key = `${name} ${userId}`;
    let spent = this.#spent.get(key);
    if (spent === undefined) {
      spent = { requests: 0 };
      this.#spent.set(key, spent);
    }
    if (spent.requests >= perMinute) {
      throw new UserBudgetError(Math.max(1, Math.ceil(this.#spent.getRemainingTTL(key) / 1_000)));
    }
    spent.requests += 1;
    try {
      return await work();
    } catch (error) {
      const isMalformed = error instanceof InvalidRequestError && !countsMalformed;
      if (isMalformed || error instanceof TooManyAtOnceError) spent.requests -= 1;
      throw error;
    }
  }

  /**
   * Runs `work` if fewer than four requests of the user are under way.
   *
   * @throws {TooManyAtOnceError} without running it
   */
  async inTurn<Result>(userId: string, turns: UserTurns, work: () => Promise<Result>): Promise<Result> {
    const key = `${turns} ${userId}`;
    const underWay = this.#underWay.get(key) ?? 0;
    if (underWay >= maxAtOnce) throw new TooManyAtOnceError();
    this.#underWay.set(key, underWay + 1);
    try {
      return await work();
    } finally {
      const left = this.#underWay.get(key)! - 1;
      if (left === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, left);
    }
  }
}
