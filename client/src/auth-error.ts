/** What is answered in place of data where something is wrong (RFC 9457). Some codes add fields, such as `reason`. */
export interface Problem {
  code: string;
  title?: string;
  detail?: string;
  requestId?: string;
  [field: string]: unknown;
}

/** What is known of a failure, beside its code. */
export interface FailureDetails {
  /** Of the answer, where there was one. */
  statusCode?: number;
  problem?: Problem;
  /** Why nobody is signed in any more: set where that is what failed, and only there. */
  reason?: string;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
}

/**
 * Whatever fails. Switch on `code`: the service's own, or `network`, `signed_out`, `wx_login_failed`, `phone_unavailable`,
 * `unexpected_answer`.
 */
export class AuthError extends Error implements FailureDetails {
  override readonly name = 'AuthError';
  readonly statusCode?: number;
  readonly problem?: Problem;
  readonly reason?: string;
  readonly retryAfter?: number;

  constructor(
    readonly code: string,
    message?: string,
    details?: FailureDetails,
  ) {
    super(message || code);
    Object.assign(this, details);
  }
}

export function signedOut(reason: string): AuthError {
  return new AuthError('signed_out', `Signed out (${reason}): call login().`, { reason });
}
