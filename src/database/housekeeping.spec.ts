import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, type Mock, vi } from 'vitest';
import type { Database } from './database.js';
import { type Chore, Housekeeping } from './housekeeping.js';

describe('Housekeeping', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A database in which the lock is free for so many batches. */
  function databaseWith({ freeFor = Infinity } = {}): Database {
    let batches = 0;
    const query = async () => [{ taken: ++batches <= freeFor }];
    return {
      transaction: (work: (manager: unknown) => unknown) => work({ query }),
    } as unknown as Database;
  }

  function chore(name: string, batch: Chore['batch']): Chore & { batch: Mock<Chore['batch']> } {
    return { name, batch: vi.fn<Chore['batch']>(batch) };
  }

  function keepHouse(database: Database, ...chores: Chore[]): Housekeeping {
    const housekeeping = new Housekeeping(database);
    for (const each of chores) housekeeping.add(each);
    return housekeeping;
  }

  it('goes on with the other chores when one fails, and logs it', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const reason = new Error('out of soap');
    const broken = chore('broken', async () => {
      throw reason;
    });
    const sound = chore('sound', async () => false);
    const housekeeping = keepHouse(databaseWith(), broken, sound);
    await housekeeping.round();
    await housekeeping.round();
    expect(broken.batch).toHaveBeenCalledTimes(2);
    expect(sound.batch).toHaveBeenCalledTimes(2);
    expect(logged.mock.calls[0]).toEqual([
      expect.objectContaining({ message: 'The chore broken failed.', cause: reason }),
    ]);
  });

  it('asks a chore again until it has no more to do', async () => {
    let left = 3;
    const busy = chore('busy', async () => --left > 0);
    await keepHouse(databaseWith(), busy).round();
    expect(busy.batch).toHaveBeenCalledTimes(3);
  });

  it('does what is left for after the commit before it goes on', async () => {
    const database = databaseWith();
    let open = false;
    const transaction: unknown = async (work: (manager: unknown) => unknown) => {
      open = true;
      const result = await database.transaction(work as () => Promise<unknown>);
      open = false;
      return result;
    };
    const found: boolean[] = [];
    const calling = chore('calling', async () => async () => found.push(open) < 2);
    const next = chore('next', async () => {
      found.push(open);
      return false;
    });
    await keepHouse({ transaction } as Database, calling, next).round();
    expect(calling.batch).toHaveBeenCalledTimes(2);
    expect(found).toEqual([false, false, true]);
  });

  it('leaves the rest of the round to the node that holds the lock', async () => {
    vi.spyOn(Logger.prototype, 'debug').mockReturnValue(undefined);
    const first = chore('first', async () => true);
    const second = chore('second', async () => false);
    await keepHouse(databaseWith({ freeFor: 2 }), first, second).round();
    expect(first.batch).toHaveBeenCalledTimes(2);
    expect(second.batch).not.toHaveBeenCalled();
  });

  it('finishes the batch that runs when it is to stop, and starts none after it', async () => {
    let answer!: (more: boolean) => void;
    const slow = chore('slow', () => new Promise((resolve) => (answer = resolve)));
    const next = chore('next', async () => false);
    const housekeeping = keepHouse(databaseWith(), slow, next);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    housekeeping.onApplicationBootstrap();
    await vi.waitFor(() => expect(slow.batch).toHaveBeenCalled());

    housekeeping.onModuleDestroy();
    const stopped = vi.fn<() => void>();
    const stop = housekeeping.beforeApplicationShutdown().then(stopped);
    await new Promise(setImmediate);
    expect(stopped).not.toHaveBeenCalled();
    answer(true);
    await stop;
    expect(slow.batch).toHaveBeenCalledTimes(1);
    expect(next.batch).not.toHaveBeenCalled();
  });
});
