import { WechatUnavailableError } from './wechat.errors.js';

/** Waits for an attempt of a call. If it takes so many milliseconds, the whole call is given up. */
export type LimitAttempt = <Answer>(milliseconds: number, attempt: Promise<Answer>) => Promise<Answer>;

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
  const controller = new AbortController();
  let giveUp!: () => void;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      controller.abort();
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
    return await Promise.race([limit(milliseconds, work(controller.signal, limit)), givenUp]);
  } finally {
    outer?.removeEventListener('abort', giveUp);
  }
}
