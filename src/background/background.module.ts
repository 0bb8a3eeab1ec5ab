import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { BackgroundTask, type Task } from './background-task.js';
import { JobRunner } from './job-runner.js';

/**
 * What goes on beside the requests: starts every `@BackgroundTask()` of the application, and runs every `@BackgroundJob()`.
 * A node has this module. Commands do not: they use the same services, and nothing goes on beside them.
 */
@Module({ imports: [DiscoveryModule], providers: [JobRunner] })
export class BackgroundModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly discovery: DiscoveryService) {}

  async onModuleInit(): Promise<void> {
    for (const task of this.tasks()) await task.start();
  }

  /**
   * Nest has closed the server by now, and closes the pool after this: modules that are global, as TypeORM's is,
   * come last.
   */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks().map((task) => task.stop()));
  }

  private tasks(): Task[] {
    return this.discovery
      .getProviders({ metadataKey: BackgroundTask.KEY })
      .map(({ instance }) => instance as Task);
  }
}
