import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { advisoryLocks, tryAdvisoryLock } from '../database/advisory-locks.js';
import { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database.errors.js';
import { describeError } from '../errors/describe-error.js';
import { BackgroundJob, type Job } from './background-job.js';

/** Maximum milliseconds before the first round. The time is random, so that nodes that start together do not meet. */
const maxStartDelayMs = 2_000;

/** Milliseconds between two rounds: about a minute. */
const minIntervalMs = 55_000;
const maxIntervalMs = 65_000;

/** Milliseconds between two batches, in which logins have the database for themselves. */
const batchIntervalMs = 50;

/** Maximum batches of one job in one round, so that no job delays the others: 200,000 rows a minute. */
const maxBatches = 200;

/** What a job has done on this node since it started. */
export interface JobRuns {
  /** When it last came to its end without a failure. */
  lastSuccess?: Date;
  lastFailure?: Date;
  /** Of the last run, with its pauses. */
  lastDurationSeconds?: number;
  failures: number;
}

/**
 * Runs every `@BackgroundJob()` in turn, soon after the start and then every minute. Each batch holds a lock that all nodes
 * share. A node that does not get the lock ends its round.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger(JobRunner.name);
  readonly #stop = new AbortController();
  readonly #runs = new Map<string, JobRuns>();
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly discovery: DiscoveryService,
  ) {}

  onApplicationBootstrap(): void {
    this.#work = this.work();
  }

  onModuleDestroy(): void {
    this.#stop.abort();
  }

  /** Waits for the running batch. Nest closes the pool after it and after the requests in progress. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#work;
  }

  /**
   * Runs each job until it has no more to do. A failure is logged, and the job is tried again in the next round. If the
   * database is away, the other jobs would fail, too: the round ends.
   */
  async runAll(): Promise<void> {
    for (const provider of this.discovery.getProviders({ metadataKey: BackgroundJob.KEY })) {
      const name = this.discovery.getMetadataByDecorator(BackgroundJob, provider)!;
      const runs = this.runsOf(name);
      const began = performance.now();
      try {
        if ((await this.run(provider.instance as Job)) === 'left') return;
        runs.lastSuccess = new Date();
      } catch (cause) {
        if (cause instanceof DatabaseUnavailableError) {
          const reason = describeError(cause.cause).message;
          this.#logger.warn(
            `The database is away: the jobs wait for the next round, from ${name} on. ${reason}`,
          );
          return;
        }
        runs.lastFailure = new Date();
        runs.failures += 1;
        this.#logger.error(new Error(`The job ${name} failed.`, { cause }));
      }
      runs.lastDurationSeconds = (performance.now() - began) / 1_000;
    }
  }

  /** What each job has done on this node, by its name. Jobs that other nodes run are left out until this node runs them. */
  runs(): ReadonlyMap<string, Readonly<JobRuns>> {
    return this.#runs;
  }

  private runsOf(name: string): JobRuns {
    let runs = this.#runs.get(name);
    if (runs === undefined) {
      runs = { failures: 0 };
      this.#runs.set(name, runs);
    }
    return runs;
  }

  private async work(): Promise<void> {
    await this.sleep(Math.random() * maxStartDelayMs);
    while (!this.#stop.signal.aborted) {
      await this.runAll();
      await this.sleep(minIntervalMs + Math.random() * (maxIntervalMs - minIntervalMs));
    }
  }

  /** @returns `left` if another node holds the lock, or this node stops */
  private async run(job: Job): Promise<'done' | 'left'> {
    for (let batches = 0; batches < maxBatches; batches += 1) {
      if (this.#stop.signal.aborted) return 'left';
      const outcome = await this.database.transaction(async (tx) => {
        const [lock] = await tx.manager.query<{ taken: boolean }[]>(tryAdvisoryLock, [...advisoryLocks.jobs]);
        return lock?.taken === true ? job.runBatch(tx) : 'left';
      });
      if (outcome === 'left') {
        this.#logger.debug('Another node runs the jobs: this round is left to it.');
        return 'left';
      }
      if (!outcome) return 'done';
      await this.sleep(batchIntervalMs);
    }
    return 'done';
  }

  /** Resolves after the given milliseconds, or when the node stops. */
  private async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.#stop;
    await sleepFor(milliseconds, undefined, { ref: false, signal }).catch(() => {});
  }
}
