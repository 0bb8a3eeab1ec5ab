import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { KeyRing } from '../crypto/key-ring.js';
import { FieldCipher, DecryptionError } from '../crypto/field-cipher.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { makeKeyPair } from './key-pair.js';
import { SigningKeysService } from './signing-keys.service.js';

const ring = new KeyRing([Buffer.alloc(32, 1).toString('base64')]);
const box = new FieldCipher(ring, 'signing-key');
const strangersBox = new FieldCipher(new KeyRing([Buffer.alloc(32, 2).toString('base64')]), 'signing-key');

const minute = 60_000;

/** The table, with a clock of its own: like Postgres it tells how long it is until a moment. */
class Table {
  /** Milliseconds; goes on with `performance.now()`, from where no other clock begins. */
  readonly #start = 5_000_000 - performance.now();
  readonly rows: (ReturnType<typeof makeKeyPair> & { activeFrom: number; retiredAt: number | null })[] = [];
  isAway = false;
  queries = 0;
  /** Milliseconds until an answer is there. */
  delay = 0;

  get now(): number {
    return this.#start + performance.now();
  }

  insert(times: { activeIn?: number; retiredIn?: number }, sealedBy = box): string {
    const { activeIn = 0, retiredIn } = times;
    const pair = makeKeyPair(sealedBy);
    const retiredAt = retiredIn === undefined ? null : this.now + retiredIn;
    this.rows.push({ ...pair, activeFrom: this.now + activeIn, retiredAt });
    return pair.kid;
  }

  async query(): Promise<object[]> {
    if (this.isAway) throw new DatabaseUnavailableError(new Error('away'));
    this.queries += 1;
    const answer = this.rows.map(({ activeFrom, retiredAt, ...pair }) => ({
      ...pair,
      activeIn: activeFrom - this.now,
      retiredIn: retiredAt === null ? null : retiredAt - this.now,
      now: this.now,
    }));
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    return answer;
  }

  /** The first key is there already. */
  transaction(): Promise<void> {
    return Promise.resolve();
  }
}

describe('SigningKeys', () => {
  let table: Table;
  let first: string;
  let nodes: SigningKeysService[];
  let warn: MockInstance<Logger['warn']>;
  beforeEach(() => {
    vi.useFakeTimers();
    warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    table = new Table();
    first = table.insert({ activeIn: -minute });
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function startNode(
    clock = new DatabaseClock(table as unknown as Database),
  ): Promise<SigningKeysService> {
    const node = new SigningKeysService(table as unknown as Database, clock, ring);
    nodes.push(node);
    await node.start();
    return node;
  }

  const published = (node: SigningKeysService) => node.published().map(({ kid }) => kid);

  it('publish and verify by a new key before they sign with it, and sign with it in time', async () => {
    const node = await startNode();
    const second = table.insert({ activeIn: minute });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(published(node)).toEqual([first, second]);
    expect(node.has(second)).toBe(true);
    expect(node.current().kid).toBe(first);
    await vi.advanceTimersByTimeAsync(minute - 2_001);
    expect(node.current().kid).toBe(first);
    await vi.advanceTimersByTimeAsync(1);
    expect(node.current().kid).toBe(second);
    expect(published(node)).toEqual([first, second]);
  });

  it('switch and retire in time while the database is away', async () => {
    const node = await startNode();
    const second = table.insert({ activeIn: minute });
    table.rows[0]!.retiredAt = table.now + 2 * minute;
    await vi.advanceTimersByTimeAsync(2_000);
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(minute - 2_000);
    expect(node.current().kid).toBe(second);
    expect(node.has(first)).toBe(true);
    await vi.advanceTimersByTimeAsync(minute);
    expect(node.has(first)).toBe(false);
    expect(published(node)).toEqual([second]);
  });

  it("go by the database's clock where their own is wrong, or is set meanwhile", async () => {
    vi.setSystemTime(Date.now() + 30_000);
    const ahead = await startNode();
    const second = table.insert({ activeIn: minute });
    await vi.advanceTimersByTimeAsync(2_000);
    vi.setSystemTime(Date.now() + 60 * minute);
    expect(ahead.current().kid).toBe(first);
    vi.setSystemTime(Date.now() - 120 * minute);
    const behind = await startNode();
    expect(behind.current().kid).toBe(first);
    await vi.advanceTimersByTimeAsync(minute - 2_000);
    expect([ahead.current().kid, behind.current().kid]).toEqual([second, second]);
  });

  describe('set the clock of the database', () => {
    let clock: DatabaseClock;
    beforeEach(() => {
      clock = new DatabaseClock(table as unknown as Database);
    });

    it('wherever the clocks of the node are', async () => {
      vi.setSystemTime(Date.now() + 60 * minute);
      await startNode(clock);
      expect(clock.now()).toBe(table.now);
      await vi.advanceTimersByTimeAsync(90_500);
      expect(clock.now()).toBe(table.now);
    });

    it('so that it goes on while the database is away', async () => {
      await startNode(clock);
      table.isAway = true;
      await vi.advanceTimersByTimeAsync(10 * minute);
      expect(clock.now()).toBe(table.now);
    });

    it('however late the answer comes', async () => {
      table.delay = 3_000;
      const started = startNode(clock);
      await vi.advanceTimersByTimeAsync(3_000);
      await started;
      expect(clock.now()).toBe(table.now);
    });

    it('with the next reading, after the clock of the node was set ahead', async () => {
      await startNode(clock);
      vi.setSystemTime(Date.now() + 60 * minute);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(clock.now()).toBe(table.now);
    });
  });

  it('refuse a key that was retired at once with the next reload, and sign with the one in its place', async () => {
    const node = await startNode();
    table.rows[0]!.retiredAt = table.now;
    const second = table.insert({});
    await vi.advanceTimersByTimeAsync(2_000);
    expect(node.has(first)).toBe(false);
    expect(await node.find(first)).toBeUndefined();
    expect(published(node)).toEqual([second]);
    expect(node.current().kid).toBe(second);
  });

  it('have one to sign with at any time, however slowly the database tells of one that was put in place at once', async () => {
    const node = await startNode();
    table.delay = 3_000;
    table.rows[0]!.retiredAt = table.now;
    const second = table.insert({});
    await vi.advanceTimersByTimeAsync(4_999);
    expect(node.current().kid).toBe(first);
    await vi.advanceTimersByTimeAsync(1);
    expect(node.current().kid).toBe(second);
  });

  it('never sign with a key that was retired before its time came', async () => {
    const node = await startNode();
    const second = table.insert({ activeIn: minute, retiredIn: 10_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(node.has(second)).toBe(true);
    await vi.advanceTimersByTimeAsync(minute);
    expect(node.current().kid).toBe(first);
    expect(node.has(second)).toBe(false);
  });

  it('keep what they know while the database is away, and say so once per outage', async () => {
    const node = await startNode();
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(minute);
    expect(node.current().kid).toBe(first);
    expect(warn).toHaveBeenCalledTimes(1);
    table.isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(minute);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('leave a new key out that does not open, say so once, and go on with the others', async () => {
    const node = await startNode();
    const sealedElsewhere = table.insert({}, strangersBox);
    const second = table.insert({});
    await vi.advanceTimersByTimeAsync(minute);
    expect(node.current().kid).toBe(second);
    expect(published(node)).toEqual([first, second]);
    const found = node.find(sealedElsewhere);
    await vi.advanceTimersByTimeAsync(500);
    expect(await found).toBeUndefined();
    expect(warn.mock.calls.flat()).toEqual([expect.stringContaining('ENCRYPTION_KEYS')]);
  });

  it('do not start where a key does not open', async () => {
    table.insert({}, strangersBox);
    await expect(startNode()).rejects.toThrow(DecryptionError);
  });

  it('start where the key that does not open has retired', async () => {
    table.insert({ retiredIn: -1 }, strangersBox);
    expect((await startNode()).current().kid).toBe(first);
  });

  it('are looked for in the database by a kid that is unknown, at once', async () => {
    const node = await startNode();
    const found = node.find(table.insert({}));
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toBeDefined();
  });

  it('are looked for twice a second at most, by all who ask together', async () => {
    const node = await startNode();
    const { queries } = table;
    const ask = (round: string) => Array.from({ length: 100 }, (_, index) => node.find(`${round}-${index}`));
    const asked = ask('first');
    await vi.advanceTimersByTimeAsync(1);
    asked.push(...ask('second'), node.find(table.insert({})), ...ask('third'));
    await vi.advanceTimersByTimeAsync(500);
    const found = await Promise.all(asked);
    expect(table.queries).toBe(queries + 2);
    expect(found.filter(Boolean)).toHaveLength(1);
  });

  it('are found although the look that was under way began before they were there', async () => {
    const node = await startNode();
    table.delay = 100;
    const early = node.find('made-up');
    await vi.advanceTimersByTimeAsync(50);
    const found = node.find(table.insert({}));
    await vi.advanceTimersByTimeAsync(600);
    expect(await early).toBeUndefined();
    expect(await found).toBeDefined();
  });

  it('are said to be out of reach where the look fails, and looked for again', async () => {
    const node = await startNode();
    table.isAway = true;
    const second = table.insert({});
    const missed = node.find(second).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    expect(await missed).toBeInstanceOf(DatabaseUnavailableError);
    table.isAway = false;
    const found = node.find(second);
    await vi.advanceTimersByTimeAsync(500);
    expect(await found).toBeDefined();
  });

  it('are not looked for where they have retired, however long ago', async () => {
    const retired = table.insert({ retiredIn: -minute });
    const node = await startNode();
    const { queries } = table;
    expect(await node.find(retired)).toBeUndefined();
    expect(table.queries).toBe(queries);
  });

  it('do not forget by a slow answer what a later one has told', async () => {
    const node = await startNode();
    table.delay = 1_000;
    await vi.advanceTimersByTimeAsync(2_000);
    table.delay = 0;
    const second = table.insert({});
    const found = node.find(second);
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toBeDefined();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(node.has(second)).toBe(true);
  });
});
