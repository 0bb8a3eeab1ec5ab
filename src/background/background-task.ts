import { DiscoveryService } from '@nestjs/core';

/** What each node does again and again beside its requests, such as a poll. */
export interface Task {
  /** @throws if the node cannot work without it: then it does not start */
  start(): Promise<void>;
  /** Resolves when nothing of it is under way any more. It may be called without `start()`. */
  stop(): Promise<void>;
}

/** Marks a provider as a {@link Task}, which `BackgroundModule` starts and stops. */
export const BackgroundTask = DiscoveryService.createDecorator<never>();
