import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, type Mock, vi } from 'vitest';
import type { Database } from '../database/database.js';
import { type Job, JobRunner } from './job-runner.js';

describe('JobRunner', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A database in which the lock is free for so many batches. */
  function databaseWith({ freeFor = Infinity } = {}): Database {
    let batches = 0;
    const query = async () => [{ taken: ++batches <= freeFor }];
    return {
      transaction: (work: (tx: unknown) => unknown) => work({ manager: { query } }),
    } as unknown as Database;
  }

  function createJob(name: string, batch: Job['runBatch']): Job & { runBatch: Mock<Job['runBatch']> } {
    return { name, runBatch: vi.fn<Job['runBatch']>(batch) };
  }

  function createRunner(database: Database, ...jobs: Job[]): JobRunner {
    const runner = new JobRunner(database);
    for (const each of jobs) runner.add(each);
    return runner;
  }

  it('goes on with the other jobs when one fails, and logs it', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const reason = new Error('out of soap');
    const broken = createJob('broken', async () => {
      throw reason;
    });
    const sound = createJob('sound', async () => false);
    const runner = createRunner(databaseWith(), broken, sound);
    await runner.runAll();
    await runner.runAll();
    expect(broken.runBatch).toHaveBeenCalledTimes(2);
    expect(sound.runBatch).toHaveBeenCalledTimes(2);
    expect(logged.mock.calls[0]).toEqual([
      expect.objectContaining({ message: 'The job broken failed.', cause: reason }),
    ]);
  });

  it('asks a job again until it has no more to do', async () => {
    let left = 3;
    const busy = createJob('busy', async () => --left > 0);
    await createRunner(databaseWith(), busy).runAll();
    expect(busy.runBatch).toHaveBeenCalledTimes(3);
  });

  it('leaves the rest of the round to the node that holds the lock', async () => {
    vi.spyOn(Logger.prototype, 'debug').mockReturnValue(undefined);
    const first = createJob('first', async () => true);
    const second = createJob('second', async () => false);
    await createRunner(databaseWith({ freeFor: 2 }), first, second).runAll();
    expect(first.runBatch).toHaveBeenCalledTimes(2);
    expect(second.runBatch).not.toHaveBeenCalled();
  });

  it('finishes the batch that runs when it is to stop, and starts none after it', async () => {
    let answer!: (more: boolean) => void;
    const slow = createJob('slow', () => new Promise((resolve) => (answer = resolve)));
    const next = createJob('next', async () => false);
    const runner = createRunner(databaseWith(), slow, next);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    runner.onApplicationBootstrap();
    await vi.waitFor(() => expect(slow.runBatch).toHaveBeenCalled());

    runner.onModuleDestroy();
    const stopped = vi.fn<() => void>();
    const stop = runner.beforeApplicationShutdown().then(stopped);
    await new Promise(setImmediate);
    expect(stopped).not.toHaveBeenCalled();
    answer(true);
    await stop;
    expect(slow.runBatch).toHaveBeenCalledTimes(1);
    expect(next.runBatch).not.toHaveBeenCalled();
  });
});
