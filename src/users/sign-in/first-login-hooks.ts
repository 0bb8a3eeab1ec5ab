import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { withTimeout } from '../../limits/with-timeout.js';

/** Milliseconds that a login waits for one hook. */
const hookTimeoutMs = 2_000;

/** A user who has just been made. */
export interface NewUser {
  id: string;
  /** The mini-program through which they came in. */
  appid: string;
}

/** What an application does when somebody logs in for the first time, such as making a profile row of its own. */
export interface FirstLogin {
  /**
   * Called once, after the user has been committed. The login waits for at most two seconds. It succeeds whatever comes of
   * this: a failure is logged. A process that ends in between does not call it, so `isNewUser` is not a promise that it
   * has run.
   */
  onFirstLogin(user: NewUser): void | Promise<void>;
}

/** Marks a provider as a {@link FirstLogin}. */
export const FirstLoginHook = DiscoveryService.createDecorator<never>();

/** Tells the application of users who have just been made. */
@Injectable()
export class FirstLoginHooks {
  readonly #logger = new Logger(FirstLoginHooks.name);

  constructor(private readonly discovery: DiscoveryService) {}

  /** Never throws. */
  async run(user: NewUser): Promise<void> {
    const hooks = this.discovery.getProviders({ metadataKey: FirstLoginHook.KEY });
    await Promise.all(
      hooks.map(({ name, instance }) => this.runOne(String(name), instance as FirstLogin, user)),
    );
  }

  private async runOne(name: string, hook: FirstLogin, user: NewUser): Promise<void> {
    const call = async (): Promise<boolean> => {
      try {
        await hook.onFirstLogin(user);
      } catch (cause) {
        this.#logger.error(new Error(`onFirstLogin of ${name} failed for user ${user.id}.`, { cause }));
      }
      return true;
    };
    if (!(await withTimeout(hookTimeoutMs, call()))) {
      this.#logger.warn(`onFirstLogin of ${name} takes longer than a login waits. The user is ${user.id}.`);
    }
  }
}
