import type { ErrorCode } from '../errors/error-codes.js';

/** One kind of problem, as a client sees it. */
interface Problem {
  status: number;
  /** RFC 9457 `title`: the same for every occurrence. */
  title: string;
  /**
   * `WWW-Authenticate` of RFC 6750 section 3, where the request was to carry a bearer token; or how to make it from
   * the members that the problem adds to the document.
   */
  challenge?: string | ((members: Readonly<Record<string, unknown>>) => string);
}

const invalidToken = 'Bearer error="invalid_token"';

/** How each code is answered. */
export const problems = {
  invalid_request: { status: 400, title: 'The request is malformed' },
  unknown_app: { status: 400, title: 'The mini-program is unknown' },
  code_invalid: { status: 401, title: 'The login code is invalid' },
  code_used: { status: 401, title: 'The login code was used before' },
  token_missing: { status: 401, title: 'An access token is required', challenge: 'Bearer' },
  token_invalid: { status: 401, title: 'The access token is invalid', challenge: invalidToken },
  token_expired: { status: 401, title: 'The access token has expired', challenge: invalidToken },
  session_revoked: { status: 401, title: 'The session has ended', challenge: invalidToken },
  refresh_token_invalid: { status: 401, title: 'The refresh token is invalid' },
  refresh_token_reused: { status: 401, title: 'The refresh token was used before' },
  fresh_login_required: {
    status: 401,
    title: 'A fresh login is required',
    // RFC 9470, section 3.
    challenge: ({ maxAge }) => `Bearer error="insufficient_user_authentication", max_age=${String(maxAge)}`,
  },
  forbidden: {
    status: 403,
    title: 'This account or session may not do this',
    challenge: 'Bearer error="insufficient_scope"',
  },
  account_disabled: { status: 403, title: 'The account is disabled' },
  account_deleting: { status: 403, title: 'The account is about to be erased' },
  user_blocked_by_wechat: { status: 403, title: 'WeChat has restricted the account' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  identity_taken: { status: 409, title: 'The identity belongs to somebody else, or the place is taken' },
  identity_shared: { status: 409, title: 'The identity would come back' },
  identity_last: { status: 409, title: 'The identity is the only one' },
  merge_refused: { status: 409, title: 'The users cannot be merged' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  session_key_stale: { status: 422, title: 'The encrypted data does not open' },
  open_data_invalid: { status: 422, title: 'The open data is invalid' },
  phone_code_invalid: { status: 422, title: 'The phone code is invalid' },
  content_rejected: { status: 422, title: "WeChat's content check refuses the text" },
  login_again: { status: 422, title: 'A fresh login must come first' },
  search_too_broad: { status: 422, title: 'The search is too broad' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong here' },
  wechat_misconfigured: { status: 502, title: 'This service is not set up with WeChat' },
  wechat_unavailable: { status: 503, title: 'WeChat is not available' },
  database_unavailable: { status: 503, title: 'The database is not available' },
  overloaded: { status: 503, title: 'This node takes no more at the moment' },
} as const satisfies Record<ErrorCode, Problem>;

/** RFC 9457 `type`: names the kind of problem, and leads nowhere. */
export function problemType(code: ErrorCode): string {
  return `urn:problem-type:weapp-auth:${code}`;
}
