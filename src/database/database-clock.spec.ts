import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseClock, readNodeClocks } from './database-clock.js';
import type { Database } from './database.js';

const minute = 60_000;

describe('DatabaseClock', () => {
  /** Milliseconds since 1970, near no clock of this machine. */
  const reading = 5_000_000;
  let clock: DatabaseClock;
  beforeEach(() => {
    vi.useFakeTimers();
    clock = new DatabaseClock({} as Database);
  });
  afterEach(() => vi.useRealTimers());

  it('continues from the time that was read', () => {
    clock.set(reading, readNodeClocks());
    vi.advanceTimersByTime(90_500);
    expect(clock.now()).toBe(reading + 90_500);
  });

  it('counts from the start of the statement, so that a late answer does not put it behind', () => {
    const asked = readNodeClocks();
    vi.advanceTimersByTime(3_000);
    clock.set(reading, asked);
    expect(clock.now()).toBe(reading + 3_000);
  });

  it('does not go back if the clock of the node is set back', () => {
    clock.set(reading, readNodeClocks());
    vi.setSystemTime(Date.now() - 60 * minute);
    expect(clock.now()).toBe(reading);
  });

  it('continues while the machine is suspended and the monotonic clock stands still', () => {
    clock.set(reading, readNodeClocks());
    vi.setSystemTime(Date.now() + minute);
    expect(clock.now()).toBe(reading + minute);
  });

  it('has no time before it was set', () => {
    expect(() => clock.now()).toThrow('The clock of the database was not read yet.');
  });
});
