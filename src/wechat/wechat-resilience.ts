import { Injectable, Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
  handleWhen,
  type IPolicy,
  noop,
  retry,
  TaskCancelledError,
  wrap,
} from 'cockatiel';
import { Settings } from '../config/settings.js';
import { keepRequest } from '../tracing/tracing.js';
import { withDeadline } from './call-deadline.js';
import { isFirewallSafe } from './code-checks.js';
import { TooManyWechatCallsError, type WechatFailure, WechatUnavailableError } from './wechat.errors.js';

/** Milliseconds for one attempt. */
const attemptTimeoutMs = 3_000;
/** Milliseconds for a call with its retries, once it has its turn. */
export const callTimeoutMs = 5_000;
const maxRetries = 2;
/** Whole calls in a row after which WeChat counts as away, and milliseconds until it is tried again. */
const breakerThreshold = 10;
const breakerCooldownMs = 5_000;

const retriedFailures: ReadonlySet<WechatFailure> = new Set(['busy', 'disconnected']);

/** Whose call it is, which of WeChat's interfaces it asks, and what may be done with it. */
export interface WechatCall {
  appid: string;
  path: string;
  /** What it sends works once and is not sent twice: it is repeated only where surely nothing was sent. */
  isNonIdempotent?: boolean;
  /** What it sends of a caller's choosing. */
  callerText?: string;
  /** Nobody else makes this call of this app's meanwhile, and logins must not stand in line behind it. */
  bypassQueue?: boolean;
}

/**
 * How a call to WeChat is made: bounded in number, in time and in retries, and not at all while WeChat is away.
 *
 * One breaker per app and interface, so that the trouble of one does not close the door of another: whoever logs
 * in needs no access_token. It sees only what an attempt throws, and an attempt throws only where WeChat gave no
 * usable answer: a bad code is an answer. What a stranger can cause is not counted, or ten requests of one stranger
 * would close the door for all: neither a status of 4xx, nor any failure of a call whose text may have caused it.
 */
@Injectable()
export class WechatResilience {
  readonly #logger = new Logger(WechatResilience.name);
  readonly #maxConcurrency: number;
  /** By path: what many ask of one interface takes no turn of a login. */
  readonly #concurrency = new Map<string, IPolicy>();
  /** By app, path, and whether the caller's text is suspect. */
  readonly #repetition = new Map<string, IPolicy>();
  readonly #breakers: { appid: string; path: string; breaker: CircuitBreakerPolicy }[] = [];

  constructor({ wechatMaxConcurrency }: Settings) {
    this.#maxConcurrency = wechatMaxConcurrency;
  }

  /**
   * @param attempt one request; ends when the signal aborts, and throws a `WechatUnavailableError` where there
   *   was no usable answer
   * @param signal where the call is part of something with a deadline of its own: once aborted, nothing is sent
   * @throws {WechatUnavailableError}
   * @throws {TooManyWechatCallsError}
   */
  async make<Answer>(
    call: WechatCall,
    attempt: (signal: AbortSignal) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    try {
      // Outside of the deadline: inside, a call that waited would be cut off after WeChat has used its code.
      const makeInTime = () =>
        withDeadline(
          callTimeoutMs,
          (inTime, limitAttempt) =>
            this.repetitionOf(call).execute(() => limitAttempt(attemptTimeoutMs, attempt(inTime)), inTime),
          signal,
        );
      return await this.turnsOf(call).execute(keepRequest(makeInTime), signal);
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw new TooManyWechatCallsError();
      if (error instanceof TaskCancelledError) throw new WechatUnavailableError('timed_out');
      if (error instanceof BrokenCircuitError) {
        throw new WechatUnavailableError('breaker_open', { retryAfter: breakerCooldownMs / 1_000 });
      }
      throw error;
    }
  }

  /**
   * Gives several calls, and what lies between them, the time of one.
   *
   * @throws {WechatUnavailableError} `timed_out`, and whatever `work` throws
   */
  async withTimeout<Answer>(work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    return withDeadline(callTimeoutMs, work);
  }

  /** Whether each breaker keeps calls from WeChat. An interface that this node has not asked yet has none. */
  breakers(): { appid: string; path: string; isOpen: boolean }[] {
    return this.#breakers.map(({ appid, path, breaker }) => ({
      appid,
      path,
      isOpen: breaker.state !== CircuitState.Closed,
    }));
  }

  /** The breaker and the retries. */
  private repetitionOf(call: WechatCall): IPolicy {
    const isSuspect = call.callerText !== undefined && !isFirewallSafe(call.callerText);
    const name = `${call.appid} ${call.path} ${isSuspect}`;
    const known = this.#repetition.get(name);
    if (known !== undefined) return known;
    const policy = wrap(
      isSuspect ? noop : this.breakerOf(call),
      retry(
        handleType(
          WechatUnavailableError,
          ({ failure, unsent }) => retriedFailures.has(failure) && (unsent || call.isNonIdempotent !== true),
        ),
        { maxAttempts: maxRetries, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 500 }) },
      ),
    );
    this.#repetition.set(name, policy);
    return policy;
  }

  private turnsOf({ path, bypassQueue }: WechatCall): IPolicy {
    if (bypassQueue === true) return noop;
    let turns = this.#concurrency.get(path);
    if (turns === undefined) {
      turns = bulkhead(this.#maxConcurrency, this.#maxConcurrency);
      this.#concurrency.set(path, turns);
    }
    return turns;
  }

  private breakerOf({ appid, path }: WechatCall): IPolicy {
    const breaker = circuitBreaker(
      handleWhen((error) => !(error instanceof WechatUnavailableError && error.failure === 'refused')),
      { breaker: new ConsecutiveBreaker(breakerThreshold), halfOpenAfter: breakerCooldownMs },
    );
    breaker.onStateChange((state) => {
      if (state === CircuitState.Open) {
        this.#logger.error(
          `WeChat's ${path} is away for ${appid}: ${breakerThreshold} calls in a row have failed.`,
        );
      } else if (state === CircuitState.Closed) {
        this.#logger.log(`WeChat's ${path} is back for ${appid}.`);
      }
    });
    this.#breakers.push({ appid, path, breaker });
    return breaker;
  }
}
