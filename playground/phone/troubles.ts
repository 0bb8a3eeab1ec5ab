import type { PhoneTrouble } from './messages.js';
import type { Outside } from './outside.js';

/** What is to go wrong on this phone. It stays so when the mini-program is launched again. */
export class Troubles {
  readonly #present: Set<PhoneTrouble>;

  constructor(private readonly outside: Outside) {
    this.#present = new Set((history.state as PhoneTrouble[] | null) ?? []);
  }

  has(trouble: PhoneTrouble): boolean {
    return this.#present.has(trouble);
  }

  set(trouble: PhoneTrouble, on: boolean): void {
    if (on) this.#present.add(trouble);
    else this.#present.delete(trouble);
    // Outlives a reload of the frame, and nothing else.
    history.replaceState([...this.#present], '');
  }

  /** Whether it was to happen; once it has, it is over. */
  spend(trouble: PhoneTrouble): boolean {
    if (!this.has(trouble)) return false;
    this.set(trouble, false);
    this.outside.tell({ type: 'trouble-spent', trouble });
    return true;
  }
}
