import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { UserEvent } from './user-event.js';

/** What an application does when something has happened to a user. */
export interface OnUserEvent {
  /**
   * Called at most once, on the node that made the change, after the commit. The request does not wait for it, and succeeds
   * whatever comes of it: a failure is logged, and the call is not repeated. A process that ends in between does not call it,
   * and commands never do. What must not be missed needs a webhook.
   */
  onUserEvent(event: UserEvent): void | Promise<void>;
}

/** Marks a provider as an {@link OnUserEvent}. */
export const UserEventHook = DiscoveryService.createDecorator<never>();

/** Tells providers of the application what has happened to users. */
@Injectable()
export class UserEventHooks {
  readonly #logger = new Logger(UserEventHooks.name);

  constructor(private readonly discovery: DiscoveryService) {}

  /** Calls each hook with one event after the other. Never throws, and waits for nothing. */
  call(events: readonly UserEvent[]): void {
    for (const { name, instance } of this.discovery.getProviders({ metadataKey: UserEventHook.KEY })) {
      void this.callOne(String(name), instance as OnUserEvent, events);
    }
  }

  private async callOne(name: string, hook: OnUserEvent, events: readonly UserEvent[]): Promise<void> {
    for (const event of events) {
      try {
        await hook.onUserEvent(event);
      } catch (cause) {
        const { type, userId } = event;
        this.#logger.error(
          new Error(`onUserEvent of ${name} failed for ${type} of user ${userId}.`, { cause }),
        );
      }
    }
  }
}
