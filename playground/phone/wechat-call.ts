/** A failed call of `wx`. WeChat's text is `<name>:fail <reason>`. */
export class Failure extends Error {
  constructor(
    reason: string,
    /** WeChat's errno, if there is one. */
    readonly errno?: number,
  ) {
    super(reason);
  }
}

/** The options that every call of `wx` takes. */
export interface Callbacks {
  success?: (result: { errMsg: string }) => void;
  fail?: (failure: { errMsg: string; errno?: number }) => void;
  complete?: (result: { errMsg: string }) => void;
}

type Work = object | void | Promise<object | void>;

/**
 * Ends a call as WeChat does: with callbacks if there is one, otherwise with a promise.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/app-service/api.html
 */
export function settle(
  name: string,
  options: Callbacks | undefined,
  work: () => Work,
): Promise<{ errMsg: string }> | undefined {
  const { success, fail, complete } = options ?? {};
  const done = new Promise<object | void>((resolve) => resolve(work())).then(
    (result) => ({ ...result, errMsg: `${name}:ok` }),
    (error: unknown) => {
      throw failureOf(name, error);
    },
  );
  if (!success && !fail && !complete) return done;
  done.then(
    (result) => {
      success?.(result);
      complete?.(result);
    },
    (failure: { errMsg: string }) => {
      fail?.(failure);
      complete?.(failure);
    },
  );
  return undefined;
}

export function failureOf(name: string, error: unknown): { errMsg: string; errno?: number } {
  if (!(error instanceof Failure)) throw error;
  const errMsg = error.message.includes(':fail') ? error.message : `${name}:fail ${error.message}`;
  return error.errno === undefined ? { errMsg } : { errMsg, errno: error.errno };
}
