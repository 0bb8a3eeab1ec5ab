/** Every code that a client can meet. Codes are stable; texts are not. */
export const errorCodes = [
  'invalid_request',
  'unknown_app',
  'code_invalid',
  'code_used',
  'token_missing',
  'token_invalid',
  'token_expired',
  'session_revoked',
  'refresh_token_invalid',
  'refresh_token_reused',
  'fresh_login_required',
  'push_invalid',
  'forbidden',
  'account_disabled',
  'account_deleting',
  'user_blocked_by_wechat',
  'not_found',
  'method_not_allowed',
  'identity_taken',
  'identity_shared',
  'identity_last',
  'merge_refused',
  'payload_too_large',
  'unsupported_media_type',
  'session_key_stale',
  'open_data_invalid',
  'phone_code_invalid',
  'content_rejected',
  'login_again',
  'search_too_broad',
  'rate_limited',
  'internal_error',
  'wechat_misconfigured',
  'wechat_unavailable',
  'database_unavailable',
  'overloaded',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as readonly string[]).includes(code);
}
