import { describe, expect, it } from 'vitest';
import { shareCheck } from './shared-check.js';

describe('a shared check', () => {
  function start() {
    const clock = { now: 0 };
    const checks: { resolve: (outcome: number) => void; reject: (error: Error) => void }[] = [];
    const ask = shareCheck(
      () => new Promise<number>((resolve, reject) => checks.push({ resolve, reject })),
      () => clock.now,
    );
    return { clock, checks, ask };
  }

  it('is one for all callers until it ends, however long it takes', async () => {
    const { clock, checks, ask } = start();
    const first = ask();
    clock.now = 5_000;
    const others = Array.from({ length: 800 }, ask);
    expect(checks).toHaveLength(1);
    checks[0]!.resolve(7);
    expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set([7]));
  });

  it('is reused for a second after its end', async () => {
    const { clock, checks, ask } = start();
    const first = ask();
    clock.now = 3_000;
    checks[0]!.resolve(1);
    await first;
    clock.now = 3_999;
    expect(await ask()).toBe(1);
    clock.now = 4_000;
    const second = ask();
    expect(checks).toHaveLength(2);
    checks[1]!.resolve(2);
    expect(await second).toBe(2);
  });

  it('is reused for as long if it failed', async () => {
    const { clock, checks, ask } = start();
    const first = ask();
    checks[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await expect(ask()).rejects.toThrow('away');
    expect(checks).toHaveLength(1);
    clock.now = 1_000;
    const second = ask();
    checks[1]!.resolve(2);
    expect(await second).toBe(2);
  });
});
