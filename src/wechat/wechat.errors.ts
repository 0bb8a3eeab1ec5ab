import { ServiceError } from '../errors/service.error.js';

/** No configured mini-program is meant. */
export class UnknownAppError extends ServiceError {
  readonly code = 'unknown_app';
}

/** WeChat 40029: the code is not one of this mini-program's, or is older than five minutes. */
export class CodeInvalidError extends ServiceError {
  readonly code = 'code_invalid';

  constructor() {
    super(
      'WeChat does not know this code: it is older than five minutes, mistyped, or of another mini-program. Call wx.login again and send the new code.',
    );
  }
}

/** WeChat 40163: a code works once. */
export class CodeUsedError extends ServiceError {
  readonly code = 'code_used';

  constructor() {
    super('This code was used before; a code works once. Call wx.login again and send the new code.');
  }
}

/** WeChat 45011: too often within a minute. */
export class WechatRateLimitedError extends ServiceError {
  readonly code = 'rate_limited';

  constructor() {
    super(
      'WeChat limits how often this may be done. Wait a minute, then try again; a code works once, so fetch a new one first.',
      { retryAfter: 60 },
    );
  }
}

/** WeChat 40226 and 50002: WeChat itself bars this person. */
export class UserBlockedByWechatError extends ServiceError {
  readonly code = 'user_blocked_by_wechat';

  constructor() {
    super('WeChat has restricted this account. Only the person can lift that, in WeChat itself.');
  }
}

/** WeChat 40029 and its like for the code of the getPhoneNumber button: it works once, for five minutes, for one person. */
export class PhoneCodeInvalidError extends ServiceError {
  readonly code = 'phone_code_invalid';

  constructor() {
    super(
      'WeChat does not take this phone code: it is older than five minutes, was used before, or belongs to another person or mini-program. Let the person tap the getPhoneNumber button again and send the new code.',
    );
  }
}

/** WeChat gave a phone number that no country has. The code or the data that it came by is spent all the same. */
export class PhoneNumberImpossibleError extends ServiceError {
  readonly code = 'phone_code_invalid';

  constructor() {
    super(
      'WeChat gave a phone number that cannot exist, so that none was stored. Let the person share a different number.',
    );
  }
}

/** WeChat 61010 and its like: WeChat has not seen the user for too long. */
export class LoginAgainError extends ServiceError {
  readonly code = 'login_again';

  constructor() {
    super('WeChat asks for a fresh login first. Call wx.login, log in with its code, then repeat this.');
  }
}

/** WeChat's content check took offence. */
export class ContentRejectedError extends ServiceError {
  readonly code = 'content_rejected';

  constructor() {
    super("WeChat's content check refuses this text. Let the person choose another.");
  }
}

/** WeChat refuses this server, not the caller: appid, secret, IP white list or a right is wrong. */
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
  /** no connection to be had: unknown host, no route, TLS refused */
  | 'unreachable'
  /** no answer within the deadline */
  | 'timed_out'
  /** an answer that is not WeChat's: HTML, truncated, without what it must hold */
  | 'malformed'
  /** a status of 4xx: something before WeChat did not like the request */
  | 'refused'
  /** the breaker is open: too many calls in a row have failed */
  | 'breaker_open'
  /** errcode 45009 or 45011, what the app may ask for in a day or a minute */
  | 'quota'
  /** an errcode that nobody told us of */
  | 'unknown_errcode'
  /** our own retry found the code spent by our first attempt, whose answer was lost */
  | 'answer_lost'
  /** WeChat refuses the access_token that it gives us */
  | 'token_refused';

/** WeChat cannot be asked at the moment, or its answer was lost. */
export class WechatUnavailableError extends ServiceError {
  readonly code = 'wechat_unavailable';

  /** Whether the request surely never left this machine; false where nobody knows. */
  readonly unsent: boolean;

  constructor(
    readonly failure: WechatFailure,
    { unsent = false, ...options }: { cause?: unknown; retryAfter?: number; unsent?: boolean } = {},
  ) {
    super(
      'WeChat cannot be reached at the moment. Wait a little, then try again; a code works once, so fetch a new one first.',
      { retryAfter: 1, ...options },
    );
    this.unsent = unsent;
  }
}

/** Encrypted data that does not open under any session_key of the user's. Why not, nobody is told. */
export class SessionKeyStaleError extends ServiceError {
  readonly code = 'session_key_stale';

  constructor() {
    super(
      "The encrypted data does not open with what WeChat gave at this person's logins. Call wx.login and log in again, and only then fetch the data again: a login after it changes the key.",
    );
  }
}

/** Open data that cannot be taken: malformed, or opened and then not what it should be. */
export class OpenDataInvalidError extends ServiceError {
  readonly code = 'open_data_invalid';

  constructor() {
    super(
      "The data is incomplete, changed, too old, or another person's. Fetch it again, and send at once what WeChat gives, unchanged.",
    );
  }
}

/** As many calls to WeChat are under way and waiting as this node allows. */
export class OverloadedError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many calls to WeChat are under way. Try again in a moment.', { retryAfter: 1 });
  }
}
