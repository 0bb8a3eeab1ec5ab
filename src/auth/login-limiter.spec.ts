import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import { LoginLimitError, TooManyLoginsError } from './auth.errors.js';
import { LoginLimiter } from './login-limiter.js';

class BadCodeError extends Error {}

const limitOf = (rateLimitLogin: number) =>
  new LoginLimiter(Object.assign(new Settings(), { rateLimitLogin }));

const isBadCode = (error: unknown) => error instanceof BadCodeError;

describe('the limit on failed exchanges', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Exchanges that are under way until they are told how they end. */
  function exchanges(limit: LoginLimiter) {
    const open: { succeed: () => void; fail: (error: Error) => void }[] = [];
    const outcomes: string[] = [];
    let started = 0;
    return {
      open,
      outcomes,
      get started() {
        return started;
      },
      async start(ip = '203.0.113.1'): Promise<void> {
        const index = outcomes.push('waiting') - 1;
        const exchange = () =>
          new Promise<void>((resolve, reject) => {
            started += 1;
            outcomes[index] = 'under way';
            open.push({ succeed: resolve, fail: reject });
          });
        limit.run(ip, exchange, isBadCode).then(
          () => (outcomes[index] = 'succeeded'),
          (error: Error) => (outcomes[index] = error.constructor.name),
        );
        await settled();
      },
      async end(how: 'succeed' | 'bad' | 'trouble'): Promise<void> {
        const exchange = open.shift();
        if (how === 'succeed') exchange?.succeed();
        else exchange?.fail(how === 'bad' ? new BadCodeError() : new Error('trouble'));
        await settled();
      },
    };
  }

  const settled = () => vi.advanceTimersByTimeAsync(0);

  it('lets bad codes, however many at once, through up to the limit and no further', async () => {
    const all = exchanges(limitOf(60));
    for (let index = 0; index < 300; index += 1) await all.start();
    expect(all.started).toBe(60);
    while (all.open.length > 0) await all.end('bad');
    expect(all.started).toBe(60);
    expect(all.outcomes.filter((outcome) => outcome === LoginLimitError.name)).toHaveLength(240);
  });

  it('lets good codes, however many at once, through one after the other', async () => {
    const all = exchanges(limitOf(3));
    for (let index = 0; index < 30; index += 1) await all.start();
    while (all.open.length > 0) await all.end('succeed');
    expect(all.outcomes).toEqual(Array(30).fill('succeeded'));
  });

  it('keeps none waiting for another address', async () => {
    const all = exchanges(limitOf(1));
    await all.start('203.0.113.1');
    await all.start('203.0.113.2');
    await all.start('2001:db8:0:1::1');
    await all.start('2001:db8:0:2::1');
    await all.start('2001:db8:0:2::2');
    expect(all.outcomes).toEqual([...Array(4).fill('under way'), 'waiting']);
  });

  it('gives up whoever has waited for five seconds, and goes on', async () => {
    const all = exchanges(limitOf(1));
    await all.start();
    await all.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(all.outcomes).toEqual(['under way', TooManyLoginsError.name]);
    await all.end('succeed');
    await all.start();
    expect(all.outcomes.at(-1)).toBe('under way');
  });

  it('refuses at once whoever would wait longer, by the time that exchanges take at present', async () => {
    const all = exchanges(limitOf(1));
    for (let index = 0; index < 30; index += 1) {
      await all.start();
      await vi.advanceTimersByTimeAsync(3_000);
      await all.end('succeed');
    }
    await all.start();
    await all.start();
    await all.start();
    expect(all.outcomes.slice(-3)).toEqual(['under way', 'waiting', TooManyLoginsError.name]);
  });

  it('refuses with the seconds that are left of the minute, and begins anew after it', async () => {
    const limit = limitOf(1);
    const all = exchanges(limit);
    await all.start();
    await all.end('bad');
    await vi.advanceTimersByTimeAsync(20_500);
    expect(() => limit.check('203.0.113.1')).toThrow(expect.objectContaining({ retryAfter: 40 }));
    await vi.advanceTimersByTimeAsync(39_500);
    expect(() => limit.check('203.0.113.1')).not.toThrow();
    await all.start();
    expect(all.outcomes.at(-1)).toBe('under way');
  });

  it('takes a failure back', async () => {
    const limit = limitOf(1);
    const all = exchanges(limit);
    await all.start();
    await all.end('bad');
    limit.refund('203.0.113.1');
    limit.refund('203.0.113.1');
    await all.start();
    expect(all.outcomes.at(-1)).toBe('under way');
    await all.end('bad');
    expect(() => limit.check('203.0.113.1')).toThrow(LoginLimitError);
  });

  it('does nothing where it is 0', async () => {
    const limit = limitOf(0);
    const all = exchanges(limit);
    for (let index = 0; index < 100; index += 1) await all.start();
    expect(all.started).toBe(100);
    while (all.open.length > 0) await all.end('bad');
    expect(() => limit.check('203.0.113.1')).not.toThrow();
  });

  it('holds in whatever order exchanges start and end: never passed, and nobody refused or kept waiting below it', async () => {
    const step = fc.constantFrom(
      'start',
      'start',
      'start',
      'succeed',
      'bad',
      'bad',
      'trouble',
      'refund',
      'minute',
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 3 }), fc.array(step, { maxLength: 60 }), async (spare, steps) => {
        const rateLimitLogin = spare + 1;
        const limit = limitOf(rateLimitLogin);
        const all = exchanges(limit);
        const shouldBeRefused: boolean[] = [];
        const areRefused: boolean[] = [];
        let failures = 0;
        for (const each of steps) {
          if (each === 'start') {
            shouldBeRefused.push(failures >= rateLimitLogin);
            await all.start();
            areRefused.push(all.outcomes.at(-1) === LoginLimitError.name);
          } else if (each === 'minute') {
            await vi.advanceTimersByTimeAsync(60_000);
            failures = 0;
          } else if (each === 'refund') {
            limit.refund('203.0.113.1');
            failures = Math.max(0, failures - 1);
            await settled();
          } else {
            if (each === 'bad' && all.open.length > 0) failures += 1;
            await all.end(each);
          }
          expect(failures + all.open.length).toBeLessThanOrEqual(rateLimitLogin);
          const mayWait = failures < rateLimitLogin && failures + all.open.length === rateLimitLogin;
          expect(all.outcomes.includes('waiting') && !mayWait, 'one waits for nothing').toBe(false);
        }
        expect(areRefused).toEqual(shouldBeRefused);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
