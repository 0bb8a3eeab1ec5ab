import { isIPv4 } from 'node:net';
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
}

/** An IPv6 customer has a whole /64 to call from: that is the address. IPv4 inside IPv6 is IPv4. */
export function clientOf(ip: string): string {
  const mapped = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(mapped) || !ip.includes(':')) return mapped;
  const [head = '', tail = ''] = ip.split('%', 1)[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = ip.includes('::') ? Array<string>(8 - before.length - after.length).fill('0') : [];
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
