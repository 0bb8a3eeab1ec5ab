import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks. */
const pollIntervalMs = 100;

/**
 * Looks at the database again and again, for what another node is about to commit.
 *
 * @param isFinal whether there is no need to look again
 * @param deadline by `performance.now()`; nobody looks later than that, but everybody looks once
 * @returns what was found last, final or not
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
