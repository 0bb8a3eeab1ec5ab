import { AuthError } from './auth-error.js';

/** How often a login or a refresh is tried again where the service says that it will be back shortly. */
const mostRetries = 2;

/** Beyond so many seconds of Retry-After nobody waits. */
const patience = 10;

/** A login that is refused to the person. */
const refusals: Record<string, string | undefined> = {
  account_disabled: 'disabled',
  account_deleting: 'deleted',
  user_blocked_by_wechat: 'blocked',
};

/** A refresh token that is good no more, though nobody has ended the session. */
const lapses = ['refresh_token_invalid', 'refresh_token_reused', 'invalid_request'];

/**
 * Ends after which wx.login may prove anew who holds the phone, without being asked. `reused` is among them: a phone that
 * lost an answer comes with an old refresh token, too, and whoever has a copy cannot call wx.login.
 */
const silentEnds = ['merged', 'reused'];

/** Whether a refused token or refresh is to be followed by a silent login. */
export function isLapse({ code, problem }: AuthError): boolean {
  return code === 'session_revoked' ? silentEnds.includes(endOf(problem)) : lapses.includes(code);
}

/** Why nobody is signed in after such a refusal, and nobody is to be until the page asks; undefined after any other. */
export function reasonToStayOut({ code, problem }: AuthError): string | undefined {
  if (code !== 'session_revoked') return refusals[code];
  const end = endOf(problem);
  return silentEnds.includes(end) ? undefined : end;
}

/** Seconds until another attempt; undefined where there is to be none. A spent code asks for a fresh one, once. */
export function waitAfter(
  { code, statusCode, retryAfter = 1 }: AuthError,
  retry: number,
): number | undefined {
  if (code === 'code_used' || code === 'code_invalid') return retry === 0 ? 0 : undefined;
  return statusCode === 503 && retryAfter <= patience && retry < mostRetries ? retryAfter : undefined;
}

function endOf(problem: AuthError['problem']): string {
  return (problem!['reason'] as string | undefined) || 'signed_out';
}
