import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import type { Database } from '../database/database.js';
import { RefreshGrace } from './refresh-grace.js';
import { RevocationsService } from './revocations.service.js';
import { DatabaseAwayError, RevocationsUnknownError } from './sessions.errors.js';

describe('a node that knows what is revoked', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    vi.spyOn(Logger.prototype, 'log').mockReturnValue(undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const token = { sessionId: 'of-anna', userId: 'anna', version: 1 };
  const nothing = {
    next: '1',
    pending: [],
    transactionId: null,
    id: null,
    sessionId: null,
    userId: null,
    minimumVersion: null,
    reason: null,
    lifetime: null,
    isStandby: false,
  };
  const logout = {
    ...nothing,
    transactionId: '1',
    id: '1',
    sessionId: token.sessionId,
    reason: 'signed_out',
    lifetime: 900,
  };

  /** A node, and the answer of its database to the next polls; an error is thrown. */
  async function start(revocationMaxStaleness: number) {
    const database = { answer: [nothing] as object[] | Error, polls: 0 };
    const query = async () => {
      database.polls += 1;
      if (database.answer instanceof Error) throw database.answer;
      return database.answer;
    };
    const settings = Object.assign(new Settings(), { revocationMaxStaleness });
    const grace = new RefreshGrace(settings);
    const revocations = new RevocationsService({ query } as unknown as Database, grace, settings);
    await revocations.start();
    return { database, revocations, grace };
  }

  it('relies on it for a second if the database is away', async () => {
    const { database, revocations } = await start(1);
    database.answer = new Error('away');
    await vi.advanceTimersByTimeAsync(900);
    expect(revocations.checkAtOnce(token, false)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    expect(revocations.checkAtOnce(token, false)).toBe('unknown');
    await expect(revocations.check(token, false)).rejects.toThrow(RevocationsUnknownError);
  });

  it('relies on it for REVOCATION_MAX_STALENESS if the database is away, but not for what is strict', async () => {
    const { database, revocations } = await start(60);
    database.answer = new Error('away');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(revocations.checkAtOnce(token, false)).toBeUndefined();
    await expect(revocations.check(token, false)).resolves.toBeUndefined();
    expect(revocations.checkAtOnce(token, true)).toBe('unknown');
    await expect(revocations.check(token, true)).rejects.toThrow(RevocationsUnknownError);
    await expect(revocations.assertKnown()).rejects.toThrow(RevocationsUnknownError);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(revocations.checkAtOnce(token, false)).toBe('unknown');
    await expect(revocations.check(token, false)).rejects.toThrow(RevocationsUnknownError);
  });

  it('polls before it lets anybody in if it was paused, whatever REVOCATION_MAX_STALENESS is', async () => {
    const { database, revocations } = await start(60);
    database.answer = [logout];
    // No timer fires while a process is paused.
    vi.setSystemTime(Date.now() + 10_000);
    expect(revocations.checkAtOnce(token, false)).toBe('unknown');
    await expect(revocations.check(token, false)).resolves.toBe('signed_out');
  });

  it('refuses what would use up a code from the first failed poll on, and polls again at once', async () => {
    const { database, revocations } = await start(60);
    revocations.assertDatabaseAnswers();
    database.answer = new Error('away');
    const before = database.polls;
    await vi.advanceTimersByTimeAsync(260);
    expect(database.polls - before).toBe(2);
    expect(() => revocations.assertDatabaseAnswers()).toThrow(DatabaseAwayError);
    database.answer = [nothing];
    await vi.advanceTimersByTimeAsync(250);
    revocations.assertDatabaseAnswers();
  });

  it('extends the grace of a refresh by the time without a poll', async () => {
    const { database, grace } = await start(1);
    database.answer = new Error('away');
    await vi.advanceTimersByTimeAsync(40_000);
    expect(grace.inSeconds()).toBeGreaterThanOrEqual(30 + 39);
    database.answer = [nothing];
    await vi.advanceTimersByTimeAsync(20_000);
    expect(grace.inSeconds()).toBeGreaterThanOrEqual(30 + 59);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(grace.inSeconds()).toBe(30);
  });
});
