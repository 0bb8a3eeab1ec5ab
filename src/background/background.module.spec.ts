import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../database/database.js';
import { BackgroundModule } from './background.module.js';
import { BackgroundTask, type Task } from './background-task.js';

const calls: string[] = [];

@BackgroundTask()
class Poll implements Task {
  async start(): Promise<void> {
    calls.push('start');
  }

  async stop(): Promise<void> {
    calls.push('stop');
  }
}

@BackgroundTask()
class BlindPoll extends Poll {
  override async start(): Promise<void> {
    throw new Error('This node knows nothing.');
  }
}

@Global()
@Module({ providers: [{ provide: Database, useValue: {} }], exports: [Database] })
class TestDatabaseModule {}

@Module({ providers: [Poll] })
class PollModule {}

@Module({ imports: [BackgroundModule, TestDatabaseModule, PollModule] })
class NodeModule {}

@Module({ imports: [NodeModule], providers: [BlindPoll] })
class BlindNodeModule {}

@Module({ imports: [TestDatabaseModule, PollModule] })
class CommandModule {}

const options = { logger: false, abortOnError: false } as const;

describe('the tasks of the modules of an application', () => {
  beforeEach(() => void calls.splice(0));

  it('start with a node, and stop with it', async () => {
    const node = await NestFactory.createApplicationContext(NodeModule, options);
    expect(calls).toEqual(['start']);
    await node.close();
    expect(calls).toEqual(['start', 'stop']);
  });

  it('keep a node from starting if one of them cannot start', async () => {
    await expect(NestFactory.createApplicationContext(BlindNodeModule, options)).rejects.toThrow(
      'This node knows nothing.',
    );
  });

  it('do not start in an application without BackgroundModule', async () => {
    const command = await NestFactory.createApplicationContext(CommandModule, options);
    await command.close();
    expect(calls).toEqual([]);
  });
});
