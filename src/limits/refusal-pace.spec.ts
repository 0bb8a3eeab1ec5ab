import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RefusalPace } from './refusal-pace.js';

describe('the pace of refusals', () => {
  it('lets a few through in each turn of the event loop, the longest wait first, and in the end all', async () => {
    const pace = new RefusalPace();
    const refused: number[] = [];
    const all = Array.from({ length: 100 }, (_, index) => index);
    const turns = all.map((index) => pace.turn().then(() => refused.push(index)));
    await setImmediate();
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(50);
    await Promise.all(turns);
    expect(refused).toEqual(all);
  });

  it('goes on after a pause', async () => {
    const pace = new RefusalPace();
    await pace.turn();
    await setImmediate();
    await expect(pace.turn()).resolves.toBeUndefined();
  });
});
