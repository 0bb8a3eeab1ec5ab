import { describe, expect, it } from 'vitest';
import { maxAttempts, retryDelaySeconds } from './retry-delay.js';

const attempts = Array.from({ length: maxAttempts - 1 }, (_, index) => index + 1);

describe('the delay before the next attempt', () => {
  it('begins with seconds, and doubles up to an hour', () => {
    const delays = attempts.map((attempt) => retryDelaySeconds(attempt, 0.5));
    expect(delays.slice(0, 11)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600]);
    expect(new Set(delays.slice(10))).toEqual(new Set([3_600]));
  });

  it('varies by a quarter', () => {
    expect(retryDelaySeconds(1, 0)).toBe(3.75);
    expect(retryDelaySeconds(1, 1)).toBe(6.25);
    expect(new Set(Array.from({ length: 20 }, () => retryDelaySeconds(1))).size).toBeGreaterThan(1);
  });

  it('lets a message be tried for about a day', () => {
    const total = attempts.reduce((sum, attempt) => sum + retryDelaySeconds(attempt, 0.5), 0);
    expect(total / 3_600).toBeGreaterThan(23);
    expect(total / 3_600).toBeLessThan(24);
  });
});
