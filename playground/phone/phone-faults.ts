import type { PhoneFault } from './messages.js';
import type { Outside } from './outside.js';

/** The faults that are switched on for this phone. They outlive a relaunch of the mini-program. */
export class PhoneFaults {
  readonly #present: Set<PhoneFault>;

  constructor(private readonly outside: Outside) {
    this.#present = new Set((history.state as PhoneFault[] | null) ?? []);
  }

  has(fault: PhoneFault): boolean {
    return this.#present.has(fault);
  }

  set(fault: PhoneFault, on: boolean): void {
    if (on) this.#present.add(fault);
    else this.#present.delete(fault);
    // The history state outlives a reload of the frame.
    history.replaceState([...this.#present], '');
  }

  /** Whether the fault happens now. If so, it is over. */
  consume(fault: PhoneFault): boolean {
    if (!this.has(fault)) return false;
    this.set(fault, false);
    this.outside.send({ type: 'fault-over', fault });
    return true;
  }
}
