/** Milliseconds for which an outcome is remembered. */
const memory = 1_000;

/**
 * Shares one look among all who ask: whoever asks while it is under way waits for the same one, and whoever asks within a
 * second after its end gets the same outcome, be it a failure. So the askers cannot choose what it costs.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function sharedLook<Result>(
  look: () => Promise<Result>,
  now: () => number = () => performance.now(),
): () => Promise<Result> {
  let outcome: Promise<Result> | undefined;
  let endedAt: number | undefined;
  return () => {
    if (outcome !== undefined && (endedAt === undefined || now() - endedAt < memory)) return outcome;
    endedAt = undefined;
    outcome = look().finally(() => (endedAt = now()));
    return outcome;
  };
}
