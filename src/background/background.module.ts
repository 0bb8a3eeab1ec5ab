import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { BackgroundTask, type Task } from './background-task.js';
import { JobRunner } from './job-runner.js';

/**
 * Work beside the requests: starts every `@BackgroundTask()` of the application, and runs every `@BackgroundJob()`. A node
 * imports this module. Commands use the same services without it.
 */
@Module({ imports: [DiscoveryModule], providers: [JobRunner], exports: [JobRunner] })
export class BackgroundModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly discovery: DiscoveryService) {}

  async onModuleInit(): Promise<void> {
    for (const task of this.tasks()) await task.start();
  }

  /**
   * Nest has already closed the server, and closes the pool after this hook: hooks of global modules, such as TypeORM's,
   * run last.
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
