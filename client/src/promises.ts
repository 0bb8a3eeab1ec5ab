import { AuthError } from './auth-error.js';

interface Callbacks<Result> {
  success: (result: Result) => void;
  fail: (failure: unknown) => void;
  complete: (result: unknown) => void;
}

/** `success` may come this long after `complete`: a wrapper around `wx` may pass it on later. */
const lateSuccessMs = 1000;

/** Turns a call of `wx` into a promise, because old base libraries return none. A call that ends without success or failure has failed. */
export function toPromise<Result>(call: (callbacks: Callbacks<Result>) => unknown): Promise<Result> {
  return new Promise((success, fail) => {
    const complete = (result: unknown) => void setTimeout(fail, lateSuccessMs, result);
    // Taro also returns a promise. Without this, nobody would handle its rejection.
    Promise.resolve(call({ success, fail, complete })).catch(fail);
  });
}

/** Rejects if there is no result in time: some calls of `wx` never call back, and nobody should wait forever. */
export function withTimeout<Result>(
  milliseconds: number,
  result: Result | PromiseLike<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, milliseconds, { errMsg: 'fail timeout' });
    void Promise.resolve(result)
      .then(resolve, reject)
      .then(() => clearTimeout(timer));
  });
}

/** The error for a failure of `wx`, with WeChat's `errMsg`, such as `request:fail timeout`, and its `errno`. */
export function wechatError(code: string, failure: unknown): AuthError {
  const { errMsg, message, errno } = (failure || {}) as { errMsg?: string; message?: string; errno?: number };
  return new AuthError(code, errMsg || message || String(failure), { errno });
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
