import { beforeEach, describe, expect, it } from 'vitest';
import { RevocationMemory } from './revocation-memory.js';

describe('RevocationMemory', () => {
  let now: number;
  let memory: RevocationMemory;
  beforeEach(() => {
    now = 0;
    memory = new RevocationMemory(() => now);
  });

  const token = (version: number, sessionId = 'session', userId = 'user') => ({ sessionId, userId, version });

  it('accepts a token of an unknown session and user', () => {
    memory.learn({ sessionId: 'other', reason: 'kicked' }, 60);
    memory.learn({ userId: 'somebody', minimumVersion: 9, reason: 'disabled' }, 60);
    expect(memory.check(token(1))).toBeUndefined();
  });

  it('gives the reason for which a session ended', () => {
    memory.learn({ sessionId: 'session', reason: 'signed_out' }, 60);
    expect(memory.check(token(1))).toBe('signed_out');
  });

  it('refuses tokens below the minimum version, and accepts newer ones', () => {
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'disabled' }, 60);
    expect(memory.check(token(4))).toBe('disabled');
    expect(memory.check(token(5))).toBeUndefined();
  });

  it('distinguishes an outdated token from an ended session', () => {
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'signed_out' }, 60);
    memory.learn({ userId: 'user', minimumVersion: 6, reason: null }, 60);
    expect(memory.check(token(6))).toBeUndefined();
    expect(memory.check(token(5))).toBe('outdated');
    expect(memory.check(token(4))).toBe('signed_out');
  });

  it('gives the same result in whichever order it learns', () => {
    memory.learn({ userId: 'user', minimumVersion: 6, reason: null }, 60);
    memory.learn({ userId: 'user', minimumVersion: 7, reason: 'kicked' }, 60);
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'signed_out' }, 60);
    expect(memory.check(token(6))).toBe('kicked');
    expect(memory.check(token(4)), 'what came first').toBe('signed_out');
    expect(memory.check(token(7))).toBeUndefined();
  });

  it('gives the reason of the session itself if all sessions of the user have ended, too', () => {
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'disabled' }, 60);
    memory.learn({ sessionId: 'session', reason: 'signed_out' }, 60);
    expect(memory.check(token(4))).toBe('signed_out');
    expect(memory.check(token(4, 'other'))).toBe('disabled');
  });

  it('keeps a few revocations per user, and refuses every token that any of them concerned', () => {
    memory.learn({ userId: 'user', minimumVersion: 2, reason: 'kicked' }, 60);
    for (let version = 3; version <= 1_000; version += 1) {
      memory.learn({ userId: 'user', minimumVersion: version, reason: 'signed_out' }, 60);
    }
    for (const version of [2, 500, 999]) expect(memory.check(token(version))).toBe('signed_out');
    expect(memory.check(token(1)), 'what came first is forgotten').toBe('signed_out');
    expect(memory.check(token(1_000))).toBeUndefined();
  });

  it('forgets a revocation when its tokens have expired, and not before', () => {
    memory.learn({ sessionId: 'session', reason: 'signed_out' }, 60);
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'disabled' }, 60);
    now = 59_999;
    memory.forget();
    expect(memory.size).toBe(2);
    now = 60_000;
    memory.learn({ sessionId: 'newer', reason: 'kicked' }, 60);
    memory.forget();
    expect(memory.size).toBe(1);
    expect(memory.check(token(1))).toBeUndefined();
    expect(memory.check(token(1, 'newer'))).toBe('kicked');
  });

  it('remembers a user for as long as the newest of their revocations asks for', () => {
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'disabled' }, 60);
    now = 30_000;
    memory.learn({ userId: 'user', minimumVersion: 6, reason: null }, 60);
    now = 89_999;
    memory.forget();
    expect(memory.check(token(5))).toBe('outdated');
    now = 90_000;
    memory.forget();
    expect(memory.size).toBe(0);
  });

  it('keeps a revocation no longer if it learns it twice', () => {
    memory.learn({ sessionId: 'session', reason: 'kicked' }, 60);
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'kicked' }, 60);
    now = 30_000;
    memory.learn({ sessionId: 'session', reason: 'kicked' }, 60);
    memory.learn({ userId: 'user', minimumVersion: 5, reason: 'kicked' }, 60);
    now = 60_000;
    memory.forget();
    expect(memory.size).toBe(0);
  });
});
