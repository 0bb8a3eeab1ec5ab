interface Callbacks<Result> {
  success: (result: Result) => void;
  fail: (failure: unknown) => void;
  complete: (result: unknown) => void;
}

/** Milliseconds in which `success` may come after `complete`: where `wx` is wrapped, it may be passed on later. */
const straggle = 1000;

/** A call of `wx` as a promise: old base libraries give none. A call that ends with neither word has failed. */
export function promised<Result>(call: (callbacks: Callbacks<Result>) => unknown): Promise<Result> {
  return new Promise((success, fail) => {
    const complete = (what: unknown) => void setTimeout(fail, straggle, what);
    // Taro gives a promise beside, whose rejection nobody else would handle.
    Promise.resolve(call({ success, fail, complete })).catch(fail);
  });
}

/** What comes in time: some calls of `wx` never call back, and nobody is to wait for them for ever. */
export function within<Result>(milliseconds: number, result: Result | PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, milliseconds, { errMsg: 'fail timeout' });
    void Promise.resolve(result)
      .then(resolve, reject)
      .then(() => clearTimeout(timer));
  });
}

/** What WeChat says of a failure: `request:fail timeout`. */
export function messageOf(failure: unknown): string {
  const { errMsg, message } = (failure || {}) as { errMsg?: string; message?: string };
  return errMsg || message || String(failure);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
