import { Logger, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, type Mock, vi } from 'vitest';
import { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { BackgroundJob, type Job } from './background-job.js';
import { JobRunner } from './job-runner.js';

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

  /** A class, as rooms have them, and what is called of its instances. */
  interface TestJob extends Type<Job> {
    runBatch: Mock<Job['runBatch']>;
  }

  function createJob(name: string, batch: Job['runBatch']): TestJob {
    @BackgroundJob(name)
    class NamedJob implements Job {
      static readonly runBatch = vi.fn<Job['runBatch']>(batch);
      readonly runBatch = NamedJob.runBatch;
    }
    return NamedJob;
  }

  async function createRunner(database: Database, ...jobs: TestJob[]): Promise<JobRunner> {
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [JobRunner, { provide: Database, useValue: database }, ...jobs],
    }).compile();
    return module.get(JobRunner);
  }

  it('goes on with the other jobs when one fails, and logs it', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const reason = new Error('out of soap');
    const broken = createJob('broken', async () => {
      throw reason;
    });
    const sound = createJob('sound', async () => false);
    const runner = await createRunner(databaseWith(), broken, sound);
    await runner.runAll();
    await runner.runAll();
    expect(broken.runBatch).toHaveBeenCalledTimes(2);
    expect(sound.runBatch).toHaveBeenCalledTimes(2);
    expect(logged.mock.calls[0]).toEqual([
      expect.objectContaining({ message: 'The job broken failed.', cause: reason }),
    ]);
  });

  it('leaves the round when the database is away, with one warning', async () => {
    const failed = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const first = createJob('first', async () => {
      throw new DatabaseUnavailableError(new Error('connect ECONNREFUSED 127.0.0.1:5432'));
    });
    const second = createJob('second', async () => false);
    const runner = await createRunner(databaseWith(), first, second);
    await runner.runAll();
    expect(second.runBatch).not.toHaveBeenCalled();
    expect(failed).not.toHaveBeenCalled();
    expect(warned.mock.calls).toEqual([
      [expect.stringMatching(/^The database is away.*first.*ECONNREFUSED/)],
    ]);
  });

  it('knows what each job has done: failures, the last one and the last success, and how long it took', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const broken = createJob('broken', async () => {
      throw new Error('out of soap');
    });
    const sound = createJob('sound', async () => false);
    const runner = await createRunner(databaseWith(), broken, sound);
    expect(runner.runs().size).toBe(0);
    await runner.runAll();
    await runner.runAll();
    const { lastSuccess, ...failed } = runner.runs().get('broken')!;
    expect(lastSuccess).toBeUndefined();
    expect(failed).toEqual({
      failures: 2,
      lastFailure: expect.any(Date),
      lastDurationSeconds: expect.any(Number),
    });
    expect(runner.runs().get('sound')).toEqual({
      failures: 0,
      lastSuccess: expect.any(Date),
      lastDurationSeconds: expect.any(Number),
    });
  });

  it('asks a job again until it has no more to do', async () => {
    let left = 3;
    const busy = createJob('busy', async () => --left > 0);
    await (await createRunner(databaseWith(), busy)).runAll();
    expect(busy.runBatch).toHaveBeenCalledTimes(3);
  });

  it('leaves the rest of the round to the node that holds the lock', async () => {
    vi.spyOn(Logger.prototype, 'debug').mockReturnValue(undefined);
    const first = createJob('first', async () => true);
    const second = createJob('second', async () => false);
    await (await createRunner(databaseWith({ freeFor: 2 }), first, second)).runAll();
    expect(first.runBatch).toHaveBeenCalledTimes(2);
    expect(second.runBatch).not.toHaveBeenCalled();
  });

  it('finishes the batch that runs when it is to stop, and starts none after it', async () => {
    let answer!: (more: boolean) => void;
    const slow = createJob('slow', () => new Promise((resolve) => (answer = resolve)));
    const next = createJob('next', async () => false);
    const runner = await createRunner(databaseWith(), slow, next);
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
