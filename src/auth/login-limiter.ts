import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RateLimit } from '../limits/rate-limit.js';
import { networkOf } from '../validation/ip-address.js';
import { LoginLimitError, TooManyLoginsError } from './auth.errors.js';

/** Milliseconds that an exchange waits for its turn. One that would wait longer is refused at once. */
const maxWaitMs = 5_000;

/** How much of the usual time of an exchange one exchange makes up: the last ten or so count. */
const smoothing = 0.1;

interface Waiter {
  admit: () => void;
  refuse: (reason: Error) => void;
}

/** The exchanges of one network. */
interface Queue {
  /** Exchanges that may still fail. */
  underWay: number;
  /** The longest wait first. */
  waiting: Set<Waiter>;
}

/**
 * Counts the exchanges that failed for an address's own fault, on this node: guessing codes is pointless, but
 * each guess costs a call to WeChat. At the limit everything from that address is refused until the minute is over.
 *
 * An exchange under way may become a failure. So no more are under way at once than failures are left: many bad codes
 * at once cannot pass the limit, and many good ones, of phones behind one address, wait for each other for a moment.
 */
@Injectable()
export class LoginLimiter {
  readonly #failures: RateLimit;
  /** Exchanges of a network without failures. */
  readonly #maxUnderWay: number;
  /** By network. */
  readonly #queues = new Map<string, Queue>();
  /** Milliseconds that an exchange takes at present. */
  #usualMs = 0;

  constructor({ rateLimitLogin }: Settings) {
    this.#maxUnderWay = rateLimitLogin === 0 ? Infinity : rateLimitLogin;
    this.#failures = new RateLimit(rateLimitLogin, LoginLimitError, (network) => this.settle(network));
  }

  /** @throws {LoginLimitError} if the address has failed too often */
  check(ip: string): void {
    this.#failures.assertWithin(networkOf(ip));
  }

  /**
   * Runs an exchange once it cannot pass the limit any more.
   *
   * @param isFailure whether what it throws is the address's own fault
   * @throws {LoginLimitError} without running it, if the address has failed too often
   * @throws {TooManyLoginsError} without running it, if others took too long, or so many wait that they will
   */
  async run<Result>(
    ip: string,
    exchange: () => Promise<Result>,
    isFailure: (error: unknown) => boolean,
  ): Promise<Result> {
    const network = networkOf(ip);
    const queue = this.#queues.get(network) ?? { underWay: 0, waiting: new Set() };
    this.#queues.set(network, queue);
    await this.turn(network, queue);
    const begunAt = performance.now();
    try {
      return await exchange();
    } catch (error) {
      if (isFailure(error)) this.#failures.count(network);
      throw error;
    } finally {
      this.#usualMs += smoothing * (performance.now() - begunAt - this.#usualMs);
      queue.underWay -= 1;
      this.settle(network);
    }
  }

  /** Takes a failure back. */
  refund(ip: string): void {
    const network = networkOf(ip);
    this.#failures.refund(network);
    this.settle(network);
  }

  private async turn(network: string, queue: Queue): Promise<void> {
    if (queue.waiting.size === 0 && queue.underWay < this.#failures.left(network)) {
      queue.underWay += 1;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((admit, refuse) => {
        const waiter = { admit, refuse };
        const giveUp = () => {
          queue.waiting.delete(waiter);
          refuse(new TooManyLoginsError());
        };
        queue.waiting.add(waiter);
        this.settle(network);
        if (!queue.waiting.has(waiter)) return;
        if (this.expectedWaitMs(queue) > maxWaitMs) giveUp();
        else timer = setTimeout(giveUp, maxWaitMs);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * How long the last one in the queue will wait at least, if exchanges go on to take what they take at present: failures
   * leave fewer turns.
   */
  private expectedWaitMs({ waiting }: Queue): number {
    return (waiting.size / this.#maxUnderWay) * this.#usualMs;
  }

  /** Admits or refuses whoever needs to wait no longer; forgets a queue that is empty. */
  private settle(network: string): void {
    const queue = this.#queues.get(network);
    if (queue === undefined) return;
    for (const waiter of queue.waiting) {
      const refusal = this.#failures.refusal(network);
      if (refusal === undefined && queue.underWay >= this.#failures.left(network)) break;
      queue.waiting.delete(waiter);
      if (refusal !== undefined) {
        waiter.refuse(refusal);
      } else {
        queue.underWay += 1;
        waiter.admit();
      }
    }
    if (queue.underWay === 0 && queue.waiting.size === 0) this.#queues.delete(network);
  }
}
