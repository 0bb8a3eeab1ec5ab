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
import { BackgroundJob, type Job } from './background-job.js';

/** Milliseconds before the first round, at most: by chance, so that nodes that start together part. */
const maxStartDelayMs = 2_000;

/** Milliseconds between two rounds: a minute, more or less. */
const minIntervalMs = 55_000;
const maxIntervalMs = 65_000;

/** Milliseconds between two batches, which leave the database to those who log in. */
const batchIntervalMs = 50;

/** Of one job in one round, so that no job keeps the others waiting: 200,000 rows a minute. */
const maxBatches = 200;

/**
 * Keeps tables from growing for ever: every `@BackgroundJob()` in turn, soon after the start and then every minute. Each batch
 * holds a lock that all nodes know. Who does not get it leaves the round to the other.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger(JobRunner.name);
  readonly #stop = new AbortController();
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

  /** The batch that runs is finished, while the requests under way are: Nest closes the pool after both. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#work;
  }

  /** Each job, until it has no more to do. One that fails is logged, and tried again in the next round. */
  async runAll(): Promise<void> {
    for (const provider of this.discovery.getProviders({ metadataKey: BackgroundJob.KEY })) {
      try {
        if ((await this.run(provider.instance as Job)) === 'left') return;
      } catch (cause) {
        const name = this.discovery.getMetadataByDecorator(BackgroundJob, provider);
        this.#logger.error(new Error(`The job ${name} failed.`, { cause }));
      }
    }
  }

  private async work(): Promise<void> {
    await this.sleep(Math.random() * maxStartDelayMs);
    while (!this.#stop.signal.aborted) {
      await this.runAll();
      await this.sleep(minIntervalMs + Math.random() * (maxIntervalMs - minIntervalMs));
    }
  }

  /** @returns `left` where another node is at work, or this one is to stop */
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

  /** Resolves after so many milliseconds, or when the node is to stop. */
  private async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.#stop;
    await sleepFor(milliseconds, undefined, { ref: false, signal }).catch(() => {});
  }
}
