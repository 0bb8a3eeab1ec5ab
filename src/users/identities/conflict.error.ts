/** Somebody else was faster with the same person: roll back and look again. */
export class ConflictError extends Error {}

/** Each round that is lost was won by somebody else, whose work will be found in the next. */
const maxAttempts = 5;

/**
 * Does work that may be overtaken, as often as that takes.
 *
 * @param work throws {@link ConflictError} where it was, and leaves nothing behind
 */
export async function retryOnConflict<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let round = 0; round < maxAttempts; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new Error(`Overtaken ${maxAttempts} times in a row.`);
}
