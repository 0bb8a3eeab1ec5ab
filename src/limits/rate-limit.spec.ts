import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../errors/service.error.js';
import { RateLimit } from './rate-limit.js';

class TooOftenError extends ServiceError {
  readonly code = 'rate_limited';

  constructor(retryAfter: number) {
    super('Too often.', { retryAfter });
  }
}

describe('RateLimit', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const count = (limit: RateLimit, times: number, key = 'anna') => {
    for (let index = 0; index < times; index += 1) limit.count(key);
  };

  it('refuses a key after max events, and no other key', () => {
    const limit = new RateLimit(3, TooOftenError);
    count(limit, 2);
    expect(limit.left('anna')).toBe(1);
    expect(() => limit.assertWithin('anna')).not.toThrow();
    count(limit, 1);
    expect(limit.left('anna')).toBe(0);
    expect(() => limit.assertWithin('anna')).toThrow(TooOftenError);
    expect(() => limit.assertWithin('bert')).not.toThrow();
  });

  it('refuses with the seconds until a minute after the first event, at least one', () => {
    const limit = new RateLimit(2, TooOftenError);
    count(limit, 1);
    vi.advanceTimersByTime(20_500);
    count(limit, 1);
    expect(limit.refusal('anna')).toMatchObject({ retryAfter: 40 });
    vi.advanceTimersByTime(39_499);
    expect(limit.refusal('anna')).toMatchObject({ retryAfter: 1 });
  });

  it('starts again after a minute, and calls onWindowEnd', () => {
    const onWindowEnd = vi.fn<(key: string) => void>();
    const limit = new RateLimit(1, TooOftenError, onWindowEnd);
    count(limit, 1);
    vi.advanceTimersByTime(59_999);
    expect(onWindowEnd).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onWindowEnd).toHaveBeenCalledExactlyOnceWith('anna');
    expect(limit.left('anna')).toBe(1);
  });

  it('takes back a counted event', () => {
    const limit = new RateLimit(2, TooOftenError);
    const takeBack = limit.count('anna');
    count(limit, 1);
    takeBack();
    expect(limit.left('anna')).toBe(1);
    limit.refund('anna');
    limit.refund('anna');
    expect(limit.left('anna')).toBe(2);
  });

  it('takes nothing back in the next minute', () => {
    const limit = new RateLimit(2, TooOftenError);
    const takeBack = limit.count('anna');
    vi.advanceTimersByTime(60_000);
    count(limit, 2);
    takeBack();
    expect(limit.refusal('anna')).toBeInstanceOf(TooOftenError);
  });

  it('allows everything if max is 0', () => {
    const limit = new RateLimit(0, TooOftenError);
    count(limit, 1_000);
    expect(limit.refusal('anna')).toBeUndefined();
    expect(limit.left('anna')).toBe(Infinity);
  });
});
