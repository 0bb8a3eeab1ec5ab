import { version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { newUuid, randomBytes } from './random.js';

describe('random bytes', () => {
  it.each([1, 12, 16, 32, 4_095, 4_096, 4_097, 10_000])('are as many as asked for: %i', (size) => {
    expect(randomBytes(size)).toHaveLength(size);
  });

  it('are never the same, and stay what they are', () => {
    const all = Array.from({ length: 2_000 }, () => randomBytes(16));
    const first = all[0]!.toString('hex');
    expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(2_000);
    expect(all[0]!.toString('hex')).toBe(first);
  });

  it('have all values', () => {
    expect(new Set(randomBytes(4_096)).size).toBeGreaterThan(250);
    expect(new Set(Array.from({ length: 4_096 }, () => randomBytes(1)[0])).size).toBeGreaterThan(250);
  });
});

describe('new UUIDs', () => {
  it('are of version 7, and never the same', () => {
    const ids = Array.from({ length: 2_000 }, newUuid);
    expect(new Set(ids).size).toBe(2_000);
    expect(new Set(ids.map(version))).toEqual(new Set([7]));
  });

  it('begin with the time', () => {
    const before = Date.now();
    const time = Number.parseInt(newUuid().replaceAll('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });
});
