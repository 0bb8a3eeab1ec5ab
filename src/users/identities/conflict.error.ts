/** A concurrent transaction changed the same user or identity first: roll back, and try again. */
export class ConflictError extends Error {}

/** Each lost attempt was won by another transaction, and the next attempt sees what that one wrote. */
const maxAttempts = 5;

/**
 * Repeats work that conflicts with concurrent transactions, until it succeeds or the attempts are used up.
 *
 * @param work throws {@link ConflictError} on a conflict, and leaves nothing behind then
 */
export async function retryOnConflict<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new Error(`Conflicts with other transactions, ${maxAttempts} times in a row.`);
}
