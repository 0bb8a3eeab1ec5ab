/** Milliseconds for which an outcome is reused. */
const reuseMs = 1_000;

/**
 * Shares one check among all callers. A call during a check waits for it. A call within a second after its end gets the
 * same outcome, also if it failed. So the number of calls does not change the cost.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function shareCheck<Result>(
  check: () => Promise<Result>,
  now: () => number = () => performance.now(),
): () => Promise<Result> {
  let outcome: Promise<Result> | undefined;
  let endedAt: number | undefined;
  return () => {
    if (outcome !== undefined && (endedAt === undefined || now() - endedAt < reuseMs)) return outcome;
    endedAt = undefined;
    outcome = check().finally(() => (endedAt = now()));
    return outcome;
  };
}
