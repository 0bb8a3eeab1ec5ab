import { DiscoveryService } from '@nestjs/core';
import type { Transaction } from '../database/database.js';

/** Work that is repeated by one node at a time. */
export interface Job {
  /**
   * Does a part of the work that takes milliseconds, in a transaction of its own.
   *
   * @returns whether there is more to do
   */
  runBatch(tx: Transaction): Promise<boolean>;
}

/** Marks a provider as a {@link Job}, which `JobRunner` runs. The argument is its name in the log. */
export const BackgroundJob = DiscoveryService.createDecorator<string>();
