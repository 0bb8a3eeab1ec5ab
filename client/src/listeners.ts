import type { AuthEvents } from './types.js';

/** One that wants to know of one kind of event. */
interface Listening {
  name: keyof AuthEvents;
  listener: (what: never) => void;
}

/** Who wants to know of what. */
export class Listeners {
  private all: Listening[] = [];

  on<Name extends keyof AuthEvents>(name: Name, listener: (what: AuthEvents[Name]) => void): () => void {
    const own: Listening = { name, listener };
    this.all.push(own);
    return () => {
      this.all = this.all.filter((other) => other !== own);
    };
  }

  /** What a listener throws is not ours to handle, and stops nobody else. */
  emit<Name extends keyof AuthEvents>(name: Name, what: AuthEvents[Name]): void {
    // Of a copy, which this makes: some come and go while others are told.
    for (const { listener } of this.all.filter((one) => one.name === name)) {
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
