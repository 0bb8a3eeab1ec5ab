import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two queries. */
const pollIntervalMs = 100;

/**
 * Queries the database repeatedly, until another node has committed.
 *
 * @param isFinal whether a result needs no further query
 * @param deadline by `performance.now()`; no query begins later, but at least one is made
 * @returns the last result, final or not
 */
export async function pollUntil<Found>(
  look: () => Promise<Found>,
  isFinal: (found: Found) => boolean,
  deadline: number,
): Promise<Found> {
  for (;;) {
    const found = await look();
    if (isFinal(found) || performance.now() + pollIntervalMs > deadline) return found;
    await sleep(pollIntervalMs);
  }
}
