import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import { TooManyWechatCallsError } from './wechat.errors.js';
import { WechatResilience } from './wechat-resilience.js';

const call = { appid: 'wx1', path: '/sns/jscode2session' };

describe('the calls to one interface of WeChat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Calls whose attempts take so long, with two turns. */
  function makeCalls(count: number, milliseconds: number) {
    const resilience = new WechatResilience(Object.assign(new Settings(), { wechatMaxConcurrency: 2 }));
    const attempt = vi.fn<() => Promise<string>>(
      () => new Promise<string>((resolve) => void setTimeout(() => resolve('answered'), milliseconds)),
    );
    return { attempt, calls: Array.from({ length: count }, () => resilience.make(call, attempt)) };
  }

  it('wait for a turn, and each is made', async () => {
    const { attempt, calls } = makeCalls(4, 1_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(attempt).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(attempt).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(Promise.all(calls)).resolves.toEqual(Array(4).fill('answered'));
  });

  it('have their whole time after the wait for a turn', async () => {
    // The last ones have waited for 2.9 of the 5 seconds that a call may take, and take as long again.
    const { calls } = makeCalls(4, 2_900);
    await vi.advanceTimersByTimeAsync(5_800);
    await expect(Promise.all(calls)).resolves.toEqual(Array(4).fill('answered'));
  });

  it('are refused if as many wait as are under way', async () => {
    const { calls } = makeCalls(5, 1_000);
    const [outcome] = await Promise.allSettled([calls[4], vi.advanceTimersByTimeAsync(2_000)]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(TooManyWechatCallsError) });
    await Promise.all(calls.slice(0, 4));
  });
});
