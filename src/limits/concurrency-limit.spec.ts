import { describe, expect, it } from 'vitest';
import { ServiceError } from '../errors/service.error.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

class TooManyError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many.', { retryAfter: 2 });
  }
}

describe('ConcurrencyLimit', () => {
  it('runs up to maxConcurrent, queues up to maxQueued, and refuses the rest without running it', async () => {
    const limit = new ConcurrencyLimit({ maxConcurrent: 2, maxQueued: 1 }, TooManyError);
    const ends: (() => void)[] = [];
    const work = () => limit.run(() => new Promise<void>((resolve) => void ends.push(resolve)));
    const accepted = [work(), work(), work()];
    await expect(work()).rejects.toThrow(TooManyError);
    expect(ends).toHaveLength(2);
    ends[0]!();
    await accepted[0];
    await expect.poll(() => ends).toHaveLength(3);
    for (const end of ends) end();
    await Promise.all(accepted);
  });

  it('returns what the work returns, and throws what it throws', async () => {
    const limit = new ConcurrencyLimit({ maxConcurrent: 1, maxQueued: 0 }, TooManyError);
    await expect(limit.run(async () => 'done')).resolves.toBe('done');
    await expect(limit.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
