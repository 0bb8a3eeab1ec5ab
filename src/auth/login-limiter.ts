import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { networkOf } from '../validation/ip-address.js';
import { LoginLimitError, TooManyLoginsError } from './auth.errors.js';

/** Milliseconds that a failure counts, from the first one on. */
const periodMs = 60_000;

/** Milliseconds that an exchange waits for its turn. */
const maxWaitMs = 5_000;

interface Waiter {
  admit: () => void;
  refuse: (reason: Error) => void;
}

/** What a node knows of an address. */
interface AddressState {
  failures: number;
  /** When the failures are forgotten, by `performance.now()`; 0 if none was counted since. */
  periodEnd: number;
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
  readonly #limit: number;
  readonly #addresses = new Map<string, AddressState>();

  constructor({ rateLimitLogin }: Settings) {
    this.#limit = rateLimitLogin;
  }

  /** @throws {LoginLimitError} if the address has failed too often */
  check(ip: string): void {
    const address = this.#addresses.get(networkOf(ip));
    if (address !== undefined && this.isOver(address)) throw limitError(address);
  }

  /**
   * Runs an exchange once it cannot pass the limit any more.
   *
   * @param isFailure whether what it throws is the address's own fault
   * @throws {LoginLimitError} without running it, if the address has failed too often
   * @throws {TooManyLoginsError} without running it, if others took too long
   */
  async run<Result>(
    ip: string,
    exchange: () => Promise<Result>,
    isFailure: (error: unknown) => boolean,
  ): Promise<Result> {
    if (this.#limit === 0) return exchange();
    const name = networkOf(ip);
    const address = this.#addresses.get(name) ?? {
      failures: 0,
      periodEnd: 0,
      underWay: 0,
      waiting: new Set(),
    };
    this.#addresses.set(name, address);
    await this.turn(name, address);
    try {
      return await exchange();
    } catch (error) {
      if (isFailure(error)) this.countFailure(name, address);
      throw error;
    } finally {
      address.underWay -= 1;
      this.settle(name, address);
    }
  }

  /** Takes a failure back. */
  refund(ip: string): void {
    const name = networkOf(ip);
    const address = this.#addresses.get(name);
    if (address === undefined || address.failures === 0) return;
    address.failures -= 1;
    this.settle(name, address);
  }

  private isOver({ failures }: AddressState): boolean {
    return this.#limit > 0 && failures >= this.#limit;
  }

  private async turn(name: string, address: AddressState): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((admit, refuse) => {
        const waiter = { admit, refuse };
        address.waiting.add(waiter);
        timer = setTimeout(() => {
          address.waiting.delete(waiter);
          refuse(new TooManyLoginsError());
        }, maxWaitMs);
        this.settle(name, address);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private countFailure(name: string, address: AddressState): void {
    address.failures += 1;
    if (address.periodEnd > 0) return;
    address.periodEnd = performance.now() + periodMs;
    setTimeout(() => {
      address.failures = 0;
      address.periodEnd = 0;
      this.settle(name, address);
    }, periodMs).unref();
  }

  /** Admits or refuses whoever needs to wait no longer; forgets an address of which there is nothing to know. */
  private settle(name: string, address: AddressState): void {
    for (const waiter of address.waiting) {
      const isOver = this.isOver(address);
      if (!isOver && address.failures + address.underWay >= this.#limit) break;
      address.waiting.delete(waiter);
      if (isOver) {
        waiter.refuse(limitError(address));
      } else {
        address.underWay += 1;
        waiter.admit();
      }
    }
    const isKnown = address.periodEnd > 0 || address.underWay > 0 || address.waiting.size > 0;
    if (!isKnown) this.#addresses.delete(name);
  }
}

function limitError({ periodEnd }: AddressState): LoginLimitError {
  return new LoginLimitError(Math.max(1, Math.ceil((periodEnd - performance.now()) / 1_000)));
}
