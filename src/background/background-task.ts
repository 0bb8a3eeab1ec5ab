import { DiscoveryService } from '@nestjs/core';

/** Work that each node repeats beside its requests, such as a poll. */
export interface Task {
  /** @throws if the node cannot work without the task: then the node does not start */
  start(): Promise<void>;
  /** Resolves when nothing of it is in progress any more. It may be called without `start()`. */
  stop(): Promise<void>;
}

/** Marks a provider as a {@link Task}, which `BackgroundModule` starts and stops. */
export const BackgroundTask = DiscoveryService.createDecorator<never>();
