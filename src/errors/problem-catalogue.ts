import type { ErrorCode } from './error-codes.js';

/** One kind of problem, as a client sees it. */
interface Problem {
  status: number;
  /** RFC 9457 `title`: the same for every occurrence. */
  title: string;
  /** When it happens. For docs/reference/errors.md. */
  meaning: string;
  /** What the caller should do. For docs/reference/errors.md. */
  action: string;
  /**
   * `WWW-Authenticate` of RFC 6750 section 3, where the request was to carry a bearer token; or how to make it from
   * the members that the problem adds to the document.
   */
  challenge?: string | ((members: Readonly<Record<string, unknown>>) => string);
}

const invalidToken = 'Bearer error="invalid_token"';

/** How each code is answered. */
export const problems = {
  invalid_request: {
    status: 400,
    title: 'The request is malformed',
    meaning: 'The body, a query parameter or a path parameter is missing, unknown or has a wrong form.',
    action: 'Correct the request. `errors` names each field and what is wrong with it.',
  },
  unknown_app: {
    status: 400,
    title: 'The mini-program is unknown',
    meaning:
      'The service does not serve the mini-program of this `appid`, or it serves several and the request names none.',
    action: 'Send an `appid` that is configured in `WECHAT_APPID` or `WECHAT_APPS`.',
  },
  code_invalid: {
    status: 401,
    title: 'The login code is invalid',
    meaning:
      'WeChat does not know the code: it is older than five minutes, mistyped, or of another mini-program.',
    action: 'Call `wx.login` again, and send the new code.',
  },
  code_used: {
    status: 401,
    title: 'The login code was used before',
    meaning: 'The code was used before. A code works once.',
    action: 'Call `wx.login` again, and send the new code.',
  },
  token_missing: {
    status: 401,
    title: 'An access token is required',
    meaning: 'The request has no access token.',
    action: 'Send `Authorization: Bearer <accessToken>`.',
    challenge: 'Bearer',
  },
  token_invalid: {
    status: 401,
    title: 'The access token is invalid',
    meaning:
      'The access token was not issued by this service, was changed, or its signing key is no longer valid; or the request has two `Authorization` headers.',
    action: 'Log in again.',
    challenge: invalidToken,
  },
  token_expired: {
    status: 401,
    title: 'The access token has expired',
    meaning: 'The access token has expired, or the roles of the user have changed since it was issued.',
    action: 'Refresh the tokens, and repeat the request.',
    challenge: invalidToken,
  },
  session_revoked: {
    status: 401,
    title: 'The session has ended',
    meaning:
      'The session has ended. `reason` is `signed_out`, `kicked`, `disabled`, `merged`, `deleted` or `reused`.',
    action: 'Log in again if the user wants to. After `merged`, a silent login is fine.',
    challenge: invalidToken,
  },
  refresh_token_invalid: {
    status: 401,
    title: 'The refresh token is invalid',
    meaning: 'The refresh token is unknown or malformed, or its session has expired.',
    action: 'Log in again.',
  },
  refresh_token_reused: {
    status: 401,
    title: 'The refresh token was used before',
    meaning: 'An older refresh token was used. It may have been copied, so the session has ended.',
    action: 'Log in again if the user wants to. In the client, keep only the newest refresh token.',
  },
  fresh_login_required: {
    status: 401,
    title: 'A fresh login is required',
    meaning:
      'The action needs a recent login, and the login of this session is older than `maxAge` seconds. A refresh is not a login.',
    action: 'Call `wx.login`, log in, and repeat the request with the new access token.',
    // RFC 9470, section 3.
    challenge: ({ maxAge }) => `Bearer error="insufficient_user_authentication", max_age=${String(maxAge)}`,
  },
  push_invalid: {
    status: 401,
    title: 'The message push is not from WeChat',
    meaning:
      'A message push has a wrong signature, is for another mini-program, or has a timestamp that is off by more than five minutes.',
    action: 'Compare `token` and `encodingAesKey` with the console of the mini-program, and check the clock.',
  },
  forbidden: {
    status: 403,
    title: 'This account or session may not do this',
    meaning:
      'The user or the session may not do this. `detail` says why: a missing role, another mini-program, or the last admin.',
    action: 'Tell the user. An admin can grant roles.',
    challenge: 'Bearer error="insufficient_scope"',
  },
  account_disabled: {
    status: 403,
    title: 'The account is disabled',
    meaning: 'An admin has disabled the account. `reason` and `until` are present if they are known.',
    action: 'Tell the user.',
  },
  account_deleting: {
    status: 403,
    title: 'The account is about to be erased',
    meaning: 'The user has asked to delete the account. `eraseAt` is the time of the erasure.',
    action: 'Tell the user the time. To cancel the deletion, log in with `restore: true`.',
  },
  user_blocked_by_wechat: {
    status: 403,
    title: 'WeChat has restricted the account',
    meaning: 'WeChat has restricted the account of the user.',
    action: 'Tell the user. Only the user can lift the restriction, in WeChat itself.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    meaning: 'The path does not exist, or there is no such user, session, identity or avatar.',
    action: 'Correct the path or the id.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    meaning: 'The path exists, but not with this method.',
    action: 'Use one of the methods in the `Allow` header.',
  },
  identity_taken: {
    status: 409,
    title: 'The identity belongs to somebody else, or the place is taken',
    meaning:
      'The identity belongs to another user, or the user has another identity in the same mini-program.',
    action: 'Log in to the other account, and unlink the identity or delete the account.',
  },
  identity_shared: {
    status: 409,
    title: 'The identity would come back',
    meaning:
      'WeChat connects this identity with the user by its `unionid`. It would be linked again at the next login.',
    action: 'To remove it for good, delete the account.',
  },
  identity_last: {
    status: 409,
    title: 'The identity is the only one',
    meaning: 'It is the only identity of the user. Without it, the user could not log in.',
    action: 'Link another identity first, or delete the account.',
  },
  merge_refused: {
    status: 409,
    title: 'The users cannot be merged',
    meaning: 'The two users cannot be merged. `detail` says why.',
    action: 'Remove the reason, and repeat the request.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning:
      'The body is too large: more than 16 KB of JSON (100 KB for encrypted data), or an avatar of more than 2 MB.',
    action: 'Send less.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The media type is not supported',
    meaning: 'The body is neither JSON nor a form with a JPEG, PNG or WebP file, or it is compressed.',
    action: 'Send uncompressed JSON. Send an avatar as a form.',
  },
  session_key_stale: {
    status: 422,
    title: 'The encrypted data does not open',
    meaning:
      'The data was encrypted with another session key than those that the service has. This happens after a newer `wx.login`.',
    action: 'Log in again, and then fetch the data again, in this order.',
  },
  open_data_invalid: {
    status: 422,
    title: 'The open data is invalid',
    meaning:
      'The encrypted data is incomplete, changed, too old, or belongs to another user or mini-program.',
    action: 'Fetch the data again, and send it at once and unchanged.',
  },
  phone_code_invalid: {
    status: 422,
    title: 'The phone code is invalid',
    meaning: 'The phone code is invalid, used or expired, or WeChat returned an impossible number.',
    action: 'Ask the user to press the button again.',
  },
  content_rejected: {
    status: 422,
    title: "WeChat's content check refuses the text",
    meaning: "WeChat's content check rejects the text.",
    action: 'Ask the user for another text.',
  },
  login_again: {
    status: 422,
    title: 'A fresh login must come first',
    meaning:
      'WeChat needs a recent login of the user for this. For a text check, it must be less than two hours old.',
    action: 'Log in, and repeat the request.',
  },
  search_too_broad: {
    status: 422,
    title: 'The search is too broad',
    meaning: 'The search would take too long.',
    action: 'Narrow it: a longer nickname, fewer filters, another order, or a shorter time of creation.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    meaning: 'The address or the user has sent too many requests.',
    action: 'Wait for `Retry-After` seconds.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    meaning: 'The service has a bug.',
    action: 'Search the log for the `requestId`.',
  },
  wechat_misconfigured: {
    status: 502,
    title: 'This service is not set up with WeChat',
    meaning:
      'WeChat refuses the service: a wrong AppSecret, a missing IP address in 「IP白名单」, or a missing permission.',
    action:
      'Read the log or run `npm run doctor`. Both say what to change in the console of the mini-program.',
  },
  wechat_unavailable: {
    status: 503,
    title: 'WeChat is not available',
    meaning: 'WeChat does not answer, or answers with an error.',
    action: 'Wait for `Retry-After` seconds, then call `wx.login` and send the new code.',
  },
  database_unavailable: {
    status: 503,
    title: 'The database is not available',
    meaning:
      'The database does not answer, or the node cannot know which sessions are revoked. A login is refused before its code is used, as soon as the node knows that the database is away.',
    action:
      'Wait for `Retry-After` seconds, and repeat the request. For a login, call `wx.login` and send the new code. The old code can be sent again, but it may have been used: then the response is `code_used`.',
  },
  overloaded: {
    status: 503,
    title: 'This node takes no more at the moment',
    meaning: 'The node has too many requests of this kind in progress. It has done nothing for this one.',
    action: 'Wait for `Retry-After` seconds, and repeat the request. The code of a login can be sent again.',
  },
} as const satisfies Record<ErrorCode, Problem>;

/** RFC 9457 `type`: a name, not an address. docs/reference/errors.md has a heading for each code. */
export function problemType(code: ErrorCode): string {
  return `urn:problem-type:weapp-auth:${code}`;
}
