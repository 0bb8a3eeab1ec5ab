/** Ways in which a call of `wx` ends badly; WeChat says `<name>:fail <reason>`. */
export class Failure extends Error {
  constructor(
    reason: string,
    /** WeChat's number, where it gives one. */
    readonly errno?: number,
  ) {
    super(reason);
  }
}

/** What each call of `wx` takes beside its own options. */
export interface Callbacks {
  success?: (result: { errMsg: string }) => void;
  fail?: (failure: { errMsg: string; errno?: number }) => void;
  complete?: (result: { errMsg: string }) => void;
}

type Work = object | void | Promise<object | void>;

/**
 * Ends a call the way WeChat does: by callbacks where there is one, else by a promise.
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
