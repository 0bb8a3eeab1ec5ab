import { Injectable, Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  handleType,
  type IPolicy,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { Settings } from '../config/settings.js';
import { OverloadedError, type WechatFailure, WechatUnavailableError } from './wechat.errors.js';

/** Milliseconds for one attempt. */
const attemptDeadline = 3_000;
/** Milliseconds for a call with its retries and its wait for a turn. */
export const callDeadline = 5_000;
const mostRetries = 2;
/** Whole calls in a row after which WeChat counts as away, and milliseconds until it is tried again. */
const breakerThreshold = 10;
const breakerPause = 5_000;

const retriedFailures: ReadonlySet<WechatFailure> = new Set(['busy', 'disconnected']);

/**
 * How a call to WeChat is made: bounded in number, in time and in retries, and not at all while WeChat is away.
 *
 * One breaker per app, so that the trouble of one does not close the other's door. It sees only what an attempt
 * throws, and an attempt throws only where WeChat gave no usable answer: a bad code is an answer.
 */
@Injectable()
export class WechatCalls {
  readonly #logger = new Logger(WechatCalls.name);
  readonly #turns;
  readonly #policies = new Map<string, IPolicy>();

  constructor({ wechatMaxConcurrency }: Settings) {
    this.#turns = bulkhead(wechatMaxConcurrency, wechatMaxConcurrency);
  }

  /**
   * @param appid whose call it is
   * @param attempt one request; ends when the signal aborts, and throws a `WechatUnavailableError` where there
   *   was no usable answer
   * @throws {WechatUnavailableError}
   * @throws {OverloadedError}
   */
  async make<Answer>(appid: string, attempt: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await this.policyOf(appid).execute(({ signal }) => attempt(signal));
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw new OverloadedError();
      if (error instanceof TaskCancelledError) throw new WechatUnavailableError('timed_out');
      if (error instanceof BrokenCircuitError) {
        throw new WechatUnavailableError('breaker_open', { retryAfter: breakerPause / 1_000 });
      }
      throw error;
    }
  }

  private policyOf(appid: string): IPolicy {
    let policy = this.#policies.get(appid);
    if (policy === undefined) {
      const breaker = circuitBreaker(handleAll, {
        breaker: new ConsecutiveBreaker(breakerThreshold),
        halfOpenAfter: breakerPause,
      });
      breaker.onStateChange((state) => {
        if (state === CircuitState.Open) {
          this.#logger.error(`WeChat is away for ${appid}: ${breakerThreshold} calls in a row have failed.`);
        } else if (state === CircuitState.Closed) {
          this.#logger.log(`WeChat is back for ${appid}.`);
        }
      });
      policy = wrap(
        timeout(callDeadline, TimeoutStrategy.Aggressive),
        this.#turns,
        breaker,
        retry(
          handleType(WechatUnavailableError, ({ failure }) => retriedFailures.has(failure)),
          { maxAttempts: mostRetries, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 500 }) },
        ),
        timeout(attemptDeadline, TimeoutStrategy.Aggressive),
      );
      this.#policies.set(appid, policy);
    }
    return policy;
  }
}
