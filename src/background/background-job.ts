import { DiscoveryService } from '@nestjs/core';
import type { Transaction } from '../database/database.js';

/** What has to be done again and again, by one node at a time. */
export interface Job {
  /**
   * Does a part that takes milliseconds, in a transaction of its own.
   *
   * @returns whether there is more to do
   */
  runBatch(tx: Transaction): Promise<boolean>;
}

/** Marks a provider as a {@link Job}, which `JobRunner` runs. The argument is what the log calls it. */
export const BackgroundJob = DiscoveryService.createDecorator<string>();
