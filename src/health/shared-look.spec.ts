import { describe, expect, it } from 'vitest';
import { sharedLook } from './shared-look.js';

describe('a shared look', () => {
  function start() {
    const clock = { now: 0 };
    const looks: { resolve: (outcome: number) => void; reject: (error: Error) => void }[] = [];
    const ask = sharedLook(
      () => new Promise<number>((resolve, reject) => looks.push({ resolve, reject })),
      () => clock.now,
    );
    return { clock, looks, ask };
  }

  it('is one for all who ask while it is under way, however long it takes', async () => {
    const { clock, looks, ask } = start();
    const first = ask();
    clock.now = 5_000;
    const others = Array.from({ length: 800 }, ask);
    expect(looks).toHaveLength(1);
    looks[0]!.resolve(7);
    expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set([7]));
  });

  it('is remembered for a second after its end', async () => {
    const { clock, looks, ask } = start();
    const first = ask();
    clock.now = 3_000;
    looks[0]!.resolve(1);
    await first;
    clock.now = 3_999;
    expect(await ask()).toBe(1);
    clock.now = 4_000;
    const second = ask();
    expect(looks).toHaveLength(2);
    looks[1]!.resolve(2);
    expect(await second).toBe(2);
  });

  it('is remembered as a failure, too, and no longer', async () => {
    const { clock, looks, ask } = start();
    const first = ask();
    looks[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await expect(ask()).rejects.toThrow('away');
    expect(looks).toHaveLength(1);
    clock.now = 1_000;
    const second = ask();
    looks[1]!.resolve(2);
    expect(await second).toBe(2);
  });
});
