import { Injectable, Logger, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FirstLogin, FirstLoginHook, FirstLoginHooks, type NewUser } from './first-login-hooks.js';

const profiles: NewUser[] = [];

@Injectable()
@FirstLoginHook()
class Profiles implements FirstLogin {
  async onFirstLogin(user: NewUser): Promise<void> {
    await Promise.resolve();
    profiles.push(user);
  }
}

@Injectable()
@FirstLoginHook()
class Broken implements FirstLogin {
  onFirstLogin(): void {
    throw new Error('the mail server is away');
  }
}

@Injectable()
@FirstLoginHook()
class Hanging implements FirstLogin {
  onFirstLogin(): Promise<void> {
    return new Promise(() => {});
  }
}

describe('the hooks of a first login', () => {
  const user = { id: 'user', appid: 'wx1' };

  afterEach(() => {
    profiles.length = 0;
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  async function createHooks(...providers: (new () => FirstLogin)[]): Promise<FirstLoginHooks> {
    @Module({ imports: [DiscoveryModule], providers: [FirstLoginHooks, ...providers] })
    class AppModule {}
    return (await NestFactory.createApplicationContext(AppModule, { logger: false })).get(FirstLoginHooks);
  }

  it('are called with the user, and have ended before the login answers', async () => {
    await (await createHooks(Profiles)).run(user);
    expect(profiles).toEqual([user]);
  });

  it('may fail: that is logged, and the others are called', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    await (await createHooks(Broken, Profiles)).run(user);
    expect(profiles).toEqual([user]);
    expect(error.mock.lastCall?.[0]).toMatchObject({
      message: 'onFirstLogin of Broken failed for user user.',
      cause: { message: 'the mail server is away' },
    });
  });

  it('do not keep a login waiting for ever', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const hooks = await createHooks(Hanging, Profiles);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const run = hooks.run(user);
    await vi.advanceTimersByTimeAsync(2_000);
    await run;
    expect(profiles).toEqual([user]);
    expect(warn.mock.lastCall?.[0]).toContain('onFirstLogin of Hanging takes longer');
  });

  it('are none in the service itself', async () => {
    await expect((await createHooks()).run(user)).resolves.toBeUndefined();
  });
});
