import type { AuthEvents } from './types.js';

interface Subscription {
  name: keyof AuthEvents;
  listener: (what: never) => void;
}

/** The listeners of the client's events. */
export class Listeners {
  private subscriptions: Subscription[] = [];

  /** @returns a function that removes the listener */
  on<Name extends keyof AuthEvents>(name: Name, listener: (what: AuthEvents[Name]) => void): () => void {
    const subscription: Subscription = { name, listener };
    this.subscriptions.push(subscription);
    return () => {
      this.subscriptions = this.subscriptions.filter((other) => other !== subscription);
    };
  }

  /** An error in a listener is thrown later, so that the other listeners and the client go on. */
  emit<Name extends keyof AuthEvents>(name: Name, what: AuthEvents[Name]): void {
    // `filter` makes a copy: a listener may add or remove listeners.
    for (const { listener } of this.subscriptions.filter((one) => one.name === name)) {
      try {
        listener(what as never);
      } catch (error) {
        setTimeout(() => {
          throw error;
        }, 0);
      }
    }
  }
}
