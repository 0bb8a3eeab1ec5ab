import { Injectable, Logger, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { UserEvent } from './user-event.js';
import { type OnUserEvent, UserEventHook, UserEventHooks } from './user-event-hooks.js';

const calls: string[] = [];

@Injectable()
@UserEventHook()
class Slow implements OnUserEvent {
  async onUserEvent({ type }: UserEvent): Promise<void> {
    calls.push(`${type} begins`);
    await Promise.resolve();
    calls.push(`${type} ends`);
  }
}

@Injectable()
@UserEventHook()
class Broken implements OnUserEvent {
  onUserEvent(): void {
    throw new Error('the mail server is away');
  }
}

@Injectable()
@UserEventHook()
class Hanging implements OnUserEvent {
  onUserEvent(): Promise<void> {
    return new Promise(() => {});
  }
}

describe('the hooks for what happens to users', () => {
  const events: UserEvent[] = [
    { type: 'user.created', userId: 'user' },
    { type: 'identity.linked', userId: 'user', appid: 'wx1' },
  ];
  const inOrder = [
    'user.created begins',
    'user.created ends',
    'identity.linked begins',
    'identity.linked ends',
  ];

  afterEach(() => {
    calls.length = 0;
    vi.restoreAllMocks();
  });

  async function createHooks(...providers: (new () => OnUserEvent)[]): Promise<UserEventHooks> {
    @Module({ imports: [DiscoveryModule], providers: [UserEventHooks, ...providers] })
    class AppModule {}
    return (await NestFactory.createApplicationContext(AppModule, { logger: false })).get(UserEventHooks);
  }

  it('are called with one event after the other', async () => {
    (await createHooks(Slow)).call(events);
    await expect.poll(() => calls).toEqual(inOrder);
  });

  it('keep nobody waiting, and no other hook', async () => {
    const hooks = await createHooks(Hanging, Slow);
    expect(hooks.call(events)).toBeUndefined();
    await expect.poll(() => calls).toEqual(inOrder);
  });

  it('may fail: that is logged, and the others are called', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    (await createHooks(Broken, Slow)).call(events);
    await expect.poll(() => calls).toEqual(inOrder);
    expect(error).toHaveBeenCalledTimes(2);
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      message: 'onUserEvent of Broken failed for user.created of user user.',
      cause: { message: 'the mail server is away' },
    });
  });

  it('are none in the service itself', async () => {
    expect((await createHooks()).call(events)).toBeUndefined();
  });
});
