import { ServiceError } from '../errors/service.error.js';

/** The request names no configured mini-program. */
export class UnknownAppError extends ServiceError {
  readonly code = 'unknown_app';
}

/** WeChat 40029: the code belongs to another mini-program, or is older than five minutes. */
export class CodeInvalidError extends ServiceError {
  readonly code = 'code_invalid';

  constructor() {
    super(
      'WeChat does not know this code. It is older than five minutes, mistyped, or from another mini-program. Call wx.login again and send the new code.',
    );
  }
}

/** WeChat 40163: a code works once. */
export class CodeUsedError extends ServiceError {
  readonly code = 'code_used';

  constructor() {
    super('This code was used before, and a code works once. Call wx.login again and send the new code.');
  }
}

/** Whether WeChat refuses the code: it is not valid, or used. */
export function isRefusedCode(error: unknown): boolean {
  return error instanceof CodeInvalidError || error instanceof CodeUsedError;
}

/** WeChat 45011: too many calls within a minute. */
export class WechatRateLimitedError extends ServiceError {
  readonly code = 'rate_limited';

  constructor() {
    super(
      'WeChat limits how often this may be done. Wait a minute, then try again. A code works once, so fetch a new one first.',
      { retryAfter: 60 },
    );
  }
}

/** WeChat 40226 and 50002: WeChat has restricted the account. */
export class UserBlockedByWechatError extends ServiceError {
  readonly code = 'user_blocked_by_wechat';

  constructor() {
    super('WeChat has restricted this account. Only its owner can lift the restriction, in WeChat itself.');
  }
}

/** WeChat 40029 and similar, for the code of the getPhoneNumber button. It works once, for five minutes, for one user. */
export class PhoneCodeInvalidError extends ServiceError {
  readonly code = 'phone_code_invalid';

  constructor() {
    super(
      'WeChat does not accept this phone code. It is older than five minutes, was used before, or belongs to another user or mini-program. Ask the user to tap the getPhoneNumber button again, and send the new code.',
    );
  }
}

/** WeChat returned a phone number that no country has. The code or the encrypted data is used up all the same. */
export class PhoneNumberImpossibleError extends ServiceError {
  readonly code = 'phone_code_invalid';

  constructor() {
    super(
      'WeChat gave a phone number that cannot exist, so none was stored. Ask the user to share a different number.',
    );
  }
}

/** WeChat 61010 and similar: the last login of the user is too old for WeChat. */
export class LoginAgainError extends ServiceError {
  readonly code = 'login_again';

  constructor() {
    super('WeChat needs a fresh login first. Call wx.login, log in with its code, then repeat the request.');
  }
}

/** WeChat's content check rejects the text. */
export class ContentRejectedError extends ServiceError {
  readonly code = 'content_rejected';

  constructor() {
    super("WeChat's content check rejects this text. Ask the user for another one.");
  }
}

/** WeChat refuses this server, not the caller: the appid, secret, IP whitelist or a permission is wrong. */
export class WechatMisconfiguredError extends ServiceError {
  readonly code = 'wechat_misconfigured';

  constructor(cause: Error) {
    super('This service is not set up correctly with WeChat. Its operator finds the reason in the log.', {
      cause,
    });
  }
}

/** Why WeChat gave no usable answer. */
export type WechatFailure =
  /** errcode -1 */
  | 'busy'
  /** connection refused, reset or closed by the other side */
  | 'disconnected'
  /** no connection: unknown host, no route, TLS refused */
  | 'unreachable'
  /** no answer within the deadline */
  | 'timed_out'
  /** the answer is not from WeChat: HTML, truncated, or without a required member */
  | 'malformed'
  /** a status of 4xx: a firewall or proxy before WeChat refused the request */
  | 'refused'
  /** the breaker is open: too many calls in a row have failed */
  | 'breaker_open'
  /** errcode 45009 or 45011: the limit of the app per day or per minute */
  | 'quota'
  /** an errcode that is not documented */
  | 'unknown_errcode'
  /** our first attempt used the code up, its answer was lost, and our retry found the code used */
  | 'answer_lost'
  /** WeChat refuses the access_token that it has just issued */
  | 'token_refused';

/** WeChat is not available, or its answer was lost. */
export class WechatUnavailableError extends ServiceError {
  readonly code = 'wechat_unavailable';

  /** Whether it is certain that the request never left this machine. */
  readonly unsent: boolean;

  constructor(
    readonly failure: WechatFailure,
    { unsent = false, ...options }: { cause?: unknown; retryAfter?: number; unsent?: boolean } = {},
  ) {
    super(
      'WeChat cannot be reached at the moment. Wait a little, then try again. A code works once, so fetch a new one first.',
      { retryAfter: 1, ...options },
    );
    this.unsent = unsent;
  }
}

/** No session_key of the user decrypts the data. The reason is kept from the caller, who could learn from it. */
export class SessionKeyStaleError extends ServiceError {
  readonly code = 'session_key_stale';

  constructor() {
    super(
      'No session_key of this user decrypts the data. Call wx.login and log in again, and only then fetch the data again: a later login changes the key.',
    );
  }
}

/** The open data is malformed, or its decrypted content is not what it should be. */
export class OpenDataInvalidError extends ServiceError {
  readonly code = 'open_data_invalid';

  constructor() {
    super(
      'The data is incomplete, changed, too old, or belongs to another user. Fetch it again, and send it at once and unchanged.',
    );
  }
}

/** A message push that WeChat has not sent, or not to this mini-program, or not now. */
export class PushInvalidError extends ServiceError {
  readonly code = 'push_invalid';
}

/** This node makes, and keeps waiting, as many calls to WeChat as it allows. */
export class TooManyWechatCallsError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many calls to WeChat are under way. Try again in a moment.', { retryAfter: 1 });
  }
}
