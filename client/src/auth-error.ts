/** A problem document (RFC 9457): what the service answers if a request fails. Some codes add fields, such as `reason`. */
export interface Problem {
  code: string;
  title?: string;
  detail?: string;
  requestId?: string;
  [field: string]: unknown;
}

/** What is known about a failure, apart from its code. */
export interface FailureDetails {
  /** The status of the answer, if there was one. */
  statusCode?: number;
  problem?: Problem;
  /** Why nobody is signed in any more. Set only if that is why the call failed. */
  reason?: string;
  /** Try again after so many seconds. */
  retryAfter?: number;
  /** WeChat's error number, if there is one. */
  errno?: number;
}

/**
 * Every failure of the client. Switch on `code`: it is a code of the service, or `network`, `signed_out`, `wx_login_failed`,
 * `phone_unavailable`, `unexpected_answer`, `aborted`.
 */
export class AuthError extends Error implements FailureDetails {
  override readonly name = 'AuthError';
  readonly statusCode?: number;
  readonly problem?: Problem;
  readonly reason?: string;
  readonly retryAfter?: number;
  readonly errno?: number;
  /** The same as `message`: WeChat's name for it, for pages that handle the errors of `wx` in the same way. */
  readonly errMsg: string;

  constructor(
    readonly code: string,
    message?: string,
    details?: FailureDetails,
  ) {
    super(message || code);
    this.errMsg = this.message;
    Object.assign(this, details);
  }
}

export function signedOutError(reason: string): AuthError {
  return new AuthError('signed_out', `Signed out (${reason}): call login().`, { reason });
}
