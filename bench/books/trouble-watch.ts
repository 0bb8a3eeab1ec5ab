import { setTimeout as sleep } from 'node:timers/promises';

/** Something that is asked again and again whether it is well. */
export interface Subject {
  name: string;
  /** Rejects, or takes its time, if it is not. */
  ask: () => Promise<void>;
}

/** A time, by `performance.now()`, in which a subject was not well. */
export interface Trouble {
  subject: string;
  /** When the last good answer before it was asked for. */
  from: number;
  /** When the first good answer after it came; Infinity as long as there is none. */
  to: number;
  /** Whether all answers were good, and only took too long: a machine that others use stands still now and then. */
  isOnlySlow: boolean;
}

const askIntervalMs = 100;
/** An answer that takes longer is no good one. */
const slowMs = 500;

/**
 * Watches the database and the nodes from outside. What fails meanwhile is explained by it: nobody has to foresee how long
 * an outage takes.
 */
export class TroubleWatch {
  readonly troubles: Trouble[] = [];
  readonly #current = new Map<string, Trouble>();
  readonly #loops: Promise<void>[];
  #isStopped = false;

  constructor(subjects: Subject[]) {
    this.#loops = subjects.map((subject) => this.watch(subject));
  }

  /** Resolves once trouble was seen that lasted at this time or began after it, and all subjects are well again. */
  async isOver(since: number): Promise<void> {
    while (!this.troubles.some(({ to }) => to > since) || this.#current.size > 0) await sleep(askIntervalMs);
  }

  /** Troubles of a subject that a time touches. */
  during(subject: string, from: number, to: number): Trouble[] {
    return this.troubles.filter(
      (trouble) => trouble.subject === subject && trouble.from <= to && trouble.to >= from,
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  private async watch(subject: Subject): Promise<void> {
    let lastGoodAt = performance.now();
    while (!this.#isStopped) {
      const askedAt = performance.now();
      // While the answer is awaited, it is known that it takes too long.
      const slow = setTimeout(() => this.begin(subject.name, lastGoodAt), slowMs);
      const isGood = await subject.ask().then(
        () => true,
        () => false,
      );
      clearTimeout(slow);
      const now = performance.now();
      if (!isGood) this.begin(subject.name, lastGoodAt).isOnlySlow = false;
      else if (now - askedAt >= slowMs) this.begin(subject.name, lastGoodAt);
      else {
        this.end(subject.name, now);
        lastGoodAt = askedAt;
      }
      await sleep(askIntervalMs);
    }
  }

  private begin(subject: string, from: number): Trouble {
    const current = this.#current.get(subject);
    if (current !== undefined) return current;
    const trouble: Trouble = { subject, from, to: Infinity, isOnlySlow: true };
    this.#current.set(subject, trouble);
    this.troubles.push(trouble);
    return trouble;
  }

  private end(subject: string, at: number): void {
    const current = this.#current.get(subject);
    if (current !== undefined) current.to = at;
    this.#current.delete(subject);
  }
}
