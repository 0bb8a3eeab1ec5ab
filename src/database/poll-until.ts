import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two queries, unless the caller has less time. */
const usualIntervalMs = 100;

/**
 * Queries the database repeatedly, until another node has committed, or a replica has caught up.
 *
 * @param isFinal whether a result needs no further query
 * @param deadline by `performance.now()`; no query begins later, but at least one is made
 * @param intervalMs milliseconds between two queries
 * @returns the last result, final or not
 */
export async function pollUntil<Found>(
  look: () => Promise<Found>,
  isFinal: (found: Found) => boolean,
  deadline: number,
  intervalMs = usualIntervalMs,
): Promise<Found> {
  for (;;) {
    const found = await look();
    if (isFinal(found) || performance.now() + intervalMs > deadline) return found;
    await sleep(intervalMs);
  }
}
