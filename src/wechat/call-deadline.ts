import { WechatUnavailableError } from './wechat.errors.js';

/** Waits for an attempt of a call. If it takes so many milliseconds, the whole call is given up. */
export type LimitAttempt = <Answer>(milliseconds: number, attempt: Promise<Answer>) => Promise<Answer>;

/**
 * A signal without an `AbortController`. On Node 20, an object of C++ belongs to the signal of a controller. Each collection of the
 * young generation keeps it for that reason, although the call is over, with the whole request that waited for the call.
 */
class DeadlineSignal extends EventTarget implements AbortSignal {
  aborted = false;
  readonly reason = undefined;
  readonly onabort = null;

  abort(): void {
    this.aborted = true;
    this.dispatchEvent(new Event('abort'));
  }

  throwIfAborted(): void {
    if (this.aborted) throw new WechatUnavailableError('timed_out');
  }
}

/**
 * Gives a call up after so many milliseconds: aborts its signal, and does not wait for what ignores that. The signal of a
 * call that has ended is left alone.
 *
 * cockatiel's `timeout` is not used: each one makes a signal and listens to it. Two of them, for a call and its attempt,
 * cost as much as the request itself. Here, both share a signal.
 *
 * @param outer the signal of something with a deadline of its own
 * @throws {WechatUnavailableError} `timed_out`, and whatever `work` throws
 */
export async function withDeadline<Answer>(
  milliseconds: number,
  work: (signal: AbortSignal, limitAttempt: LimitAttempt) => Promise<Answer>,
  outer?: AbortSignal,
): Promise<Answer> {
  if (outer?.aborted === true) throw new WechatUnavailableError('timed_out');
  const signal = new DeadlineSignal();
  let giveUp!: () => void;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      signal.abort();
      reject(new WechatUnavailableError('timed_out'));
    };
  });
  const limit: LimitAttempt = async (time, attempt) => {
    const timer = setTimeout(giveUp, time);
    try {
      return await attempt;
    } finally {
      clearTimeout(timer);
    }
  };
  outer?.addEventListener('abort', giveUp);
  try {
    return await Promise.race([limit(milliseconds, work(signal, limit)), givenUp]);
  } finally {
    outer?.removeEventListener('abort', giveUp);
  }
}
