/** Somebody else was faster with the same person: roll back and look again. */
export class OvertakenError extends Error {}

/** Each round that is lost was won by somebody else, whose work will be found in the next. */
const mostRounds = 5;

/**
 * Does work that may be overtaken, as often as that takes.
 *
 * @param work throws {@link OvertakenError} where it was, and leaves nothing behind
 */
export async function untilNotOvertaken<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let round = 0; round < mostRounds; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OvertakenError)) throw error;
    }
  }
  throw new Error(`Overtaken ${mostRounds} times in a row.`);
}
