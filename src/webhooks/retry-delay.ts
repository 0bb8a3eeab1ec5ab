/** Attempts before a message is given up: about a day, by {@link retryDelaySeconds}. */
export const maxAttempts = 33;

const firstDelaySeconds = 5;
const maxDelaySeconds = 3_600;

/**
 * How long a message waits after a failed attempt: 5 s, then twice as long each time, at most an hour; and up to a quarter more or
 * less, so that messages that failed together do not come together again.
 *
 * @param attempts so far
 * @param random from 0 to 1
 */
export function retryDelaySeconds(attempts: number, random = Math.random()): number {
  const delay = Math.min(firstDelaySeconds * 2 ** (attempts - 1), maxDelaySeconds);
  return delay * (0.75 + random / 2);
}
