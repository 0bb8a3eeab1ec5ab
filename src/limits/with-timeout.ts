/**
 * The outcome of `work`, or undefined if it takes longer than the given milliseconds. If this process was suspended, it
 * first reads what has arrived in the meantime, because a timer of a suspended process says nothing about the other side.
 */
export async function withTimeout<Result>(
  milliseconds: number,
  work: Promise<Result>,
): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    // Timers come before what sockets have received, `setImmediate` comes after it.
    // https://nodejs.org/learn/asynchronous-work/event-loop-timers-and-nexttick
    timer = setTimeout(() => setImmediate(() => resolve(undefined)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
