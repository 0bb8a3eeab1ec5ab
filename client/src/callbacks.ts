interface Callbacks<Result> {
  success: (result: Result) => void;
  fail: (failure: unknown) => void;
  complete: (result: unknown) => void;
}

/** A call of `wx` as a promise: old base libraries give none. A call that ends with neither word has failed. */
export function promised<Result>(call: (callbacks: Callbacks<Result>) => unknown): Promise<Result> {
  return new Promise((success, fail) => void call({ success, fail, complete: fail }));
}

/** What WeChat says of a failure: `request:fail timeout`. */
export function messageOf(failure: unknown): string {
  const { errMsg, message } = (failure || {}) as { errMsg?: string; message?: string };
  return errMsg || message || String(failure);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
