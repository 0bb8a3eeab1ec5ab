import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Settings } from '../config/settings.js';
import { LoginLimitError } from './auth.errors.js';

/** Seconds that a count goes on. */
const period = 60;

/**
 * Counts the exchanges that failed for an address's own fault, on this node: guessing codes is pointless, but
 * each guess costs a call to WeChat. Beyond the limit everything from that address is refused until the minute
 * is over.
 */
@Injectable()
export class LoginLimit {
  readonly #limit: number;
  readonly #failures = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: period });

  constructor({ rateLimitLogin }: Settings) {
    this.#limit = rateLimitLogin;
  }

  /** @throws {LoginLimitError} where the address has failed too often */
  async check(ip: string): Promise<void> {
    if (this.#limit === 0) return;
    const failures = await this.#failures.get(clientOf(ip));
    if (failures !== null && failures.consumedPoints >= this.#limit) {
      throw new LoginLimitError(Math.max(1, Math.ceil(failures.msBeforeNext / 1_000)));
    }
  }

  /** Counts one failure. */
  async fail(ip: string): Promise<void> {
    if (this.#limit > 0) await this.#failures.consume(clientOf(ip));
  }

  /** Takes one back. */
  async forgive(ip: string): Promise<void> {
    if (this.#limit > 0) await this.#failures.reward(clientOf(ip));
  }
}

/** An IPv6 customer has a whole /64 to call from: that is the address. IPv4 inside IPv6 is IPv4. */
export function clientOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  // A URL writes every IPv6 address in one way: lower case, without leading zeros, IPv4 in hexadecimal.
  const canonical = new URL(`http://[${ip.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped !== null) {
    const [high, low] = [mapped[1]!, mapped[2]!].map((group) => Number.parseInt(group, 16)) as [
      number,
      number,
    ];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
