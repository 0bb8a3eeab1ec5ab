import { HttpException } from '@nestjs/common';

/** RFC 6749, sections 4.1.2.1 and 5.2; RFC 8628, section 3.5. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error';

/** What an OAuth client is told. The description says what happened and what to do next, and never carries a secret. */
export class OAuthError extends HttpException {
  /** The body of the answer. */
  readonly refusal: Readonly<{ error: OAuthErrorCode; error_description: string }>;

  /** Sent with the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    error: OAuthErrorCode,
    description: string,
    { status = 400, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
  ) {
    const refusal = { error, error_description: description };
    super(refusal, status);
    this.refusal = refusal;
    this.headers = headers;
  }
}
