import { AuthError } from './auth-error.js';

/** So often is a login or a refresh tried again if the service says that it will be back soon. */
const maxRetries = 2;

/** The client does not wait if Retry-After is longer than this. */
const maxRetryAfterSeconds = 10;

/** The reason to stay signed out after a login that the service refuses with this code. */
const refusedLogins: Record<string, string | undefined> = {
  account_disabled: 'disabled',
  account_deleting: 'deleted',
  user_blocked_by_wechat: 'blocked',
};

/** The refresh token is no longer valid, but nobody has ended the session. */
const expiredSessionCodes = ['refresh_token_invalid', 'refresh_token_reused', 'invalid_request'];

/**
 * If a session ended for one of these reasons, the client logs in without asking the user. `reused` is safe: a phone that lost
 * an answer also sends an old refresh token, and a thief with a copy of the token cannot call wx.login.
 */
const backgroundLoginReasons = ['merged', 'reused'];

/** Whether a background login may follow a refused token or refresh. */
export function isExpiredSession({ code, problem }: AuthError): boolean {
  return code === 'session_revoked'
    ? backgroundLoginReasons.includes(readEndReason(problem))
    : expiredSessionCodes.includes(code);
}

/** The reason to stay signed out until the page calls login(). Undefined if the error is none. */
export function signedOutReasonOf({ code, problem }: AuthError): string | undefined {
  if (code !== 'session_revoked') return refusedLogins[code];
  const reason = readEndReason(problem);
  return backgroundLoginReasons.includes(reason) ? undefined : reason;
}

/** Seconds until the next attempt; undefined if there is none. After a used code, one attempt follows at once with a fresh code. */
export function retryDelaySeconds(
  { code, statusCode, retryAfter = 1 }: AuthError,
  retries: number,
): number | undefined {
  if (code === 'code_used' || code === 'code_invalid') return retries === 0 ? 0 : undefined;
  return statusCode === 503 && retryAfter <= maxRetryAfterSeconds && retries < maxRetries
    ? retryAfter
    : undefined;
}

function readEndReason(problem: AuthError['problem']): string {
  return (problem!['reason'] as string | undefined) || 'signed_out';
}
