import { setTimeout as pause } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { advisoryLocks, tryAdvisoryLock } from './advisory-locks.js';
import { Database } from './database.js';

/** What has to be done again and again, by one node at a time. */
export interface Chore {
  /** What the log calls it. */
  readonly name: string;
  /**
   * Does a part that takes milliseconds, in a transaction of its own.
   *
   * @returns whether there is more to do; or what to do after the commit, which may take seconds, and then tells
   */
  batch(manager: EntityManager): Promise<boolean | (() => Promise<boolean>)>;
}

/** Milliseconds before the first round, at most: by chance, so that nodes that start together part. */
const longestDelay = 2_000;

/** Milliseconds between two rounds: a minute, more or less. */
const shortestPause = 55_000;
const longestPause = 65_000;

/** Milliseconds between two batches, which leave the database to those who log in. */
const breath = 50;

/** Of one chore in one round, so that no chore keeps the others waiting: 200,000 rows a minute. */
const mostBatches = 200;

/**
 * Keeps tables from growing for ever: all chores in turn, soon after the start and then every minute. Each batch
 * holds a lock that all nodes know. Who does not get it leaves the round to the other.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger(Housekeeping.name);
  readonly #chores: Chore[] = [];
  readonly #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** To be called before the application has started. */
  add(chore: Chore): void {
    this.#chores.push(chore);
  }

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

  /** Each chore, until it has no more to do. One that fails is logged, and tried again in the next round. */
  async round(): Promise<void> {
    for (const chore of this.#chores) {
      try {
        if ((await this.finish(chore)) === 'left') return;
      } catch (cause) {
        this.#logger.error(new Error(`The chore ${chore.name} failed.`, { cause }));
      }
    }
  }

  private async work(): Promise<void> {
    await this.rest(Math.random() * longestDelay);
    while (!this.#stop.signal.aborted) {
      await this.round();
      await this.rest(shortestPause + Math.random() * (longestPause - shortestPause));
    }
  }

  /** @returns `left` where another node is at work, or this one is to stop */
  private async finish(chore: Chore): Promise<'done' | 'left'> {
    for (let batches = 0; batches < mostBatches; batches += 1) {
      if (this.#stop.signal.aborted) return 'left';
      const outcome = await this.database.transaction(async (manager) => {
        const [lock] = await manager.query<{ taken: boolean }[]>(tryAdvisoryLock, [
          ...advisoryLocks.housekeeping,
        ]);
        return lock?.taken === true ? chore.batch(manager) : 'left';
      });
      if (outcome === 'left') {
        this.#logger.debug('Another node keeps house: this round is left to it.');
        return 'left';
      }
      const hasMore = typeof outcome === 'function' ? await outcome() : outcome;
      if (!hasMore) return 'done';
      await this.rest(breath);
    }
    return 'done';
  }

  /** Resolves after so many milliseconds, or when the node is to stop. */
  private async rest(milliseconds: number): Promise<void> {
    const { signal } = this.#stop;
    await pause(milliseconds, undefined, { ref: false, signal }).catch(() => {});
  }
}
