/** Why a request was refused. The names are those of weapp-auth itself; `issuer_unavailable` is of this package. */
export type GuardErrorCode =
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'session_revoked'
  | 'fresh_login_required'
  | 'forbidden'
  | 'issuer_unavailable';

/** A refusal as a problem document (RFC 9457). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: GuardErrorCode;
  [member: string]: unknown;
}

const invalidToken = 'Bearer error="invalid_token"';

/** What each code means over HTTP. `WWW-Authenticate` is that of RFC 6750, section 3. */
const problems: Record<GuardErrorCode, { status: number; title: string; challenge?: string }> = {
  token_missing: { status: 401, title: 'An access token is required', challenge: 'Bearer' },
  token_invalid: { status: 401, title: 'The access token is invalid', challenge: invalidToken },
  token_expired: { status: 401, title: 'The access token has expired', challenge: invalidToken },
  session_revoked: { status: 401, title: 'The session has ended', challenge: invalidToken },
  fresh_login_required: { status: 401, title: 'A fresh login is required' },
  forbidden: {
    status: 403,
    title: 'This account or session may not do this',
    challenge: 'Bearer error="insufficient_scope"',
  },
  issuer_unavailable: { status: 503, title: 'Who you are cannot be checked at the moment' },
};

/** Of an answer whose body is a `ProblemDocument`. */
export const problemContentType = 'application/problem+json; charset=utf-8';

/** Seconds. */
const retryAfter = 1;

/** A request that is refused. What a visitor may see is in `status`, `headers` and `body`; `cause` is for your log. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDocument;

  private constructor(
    readonly code: GuardErrorCode,
    detail: string,
    options: { challenge?: string; members?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    const { status, title, challenge = options.challenge } = problems[code];
    this.status = status;
    this.headers = {
      'Cache-Control': 'no-store',
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
      ...(code === 'issuer_unavailable' && { 'Retry-After': String(retryAfter) }),
    };
    this.body = {
      type: `urn:problem-type:weapp-auth:${code}`,
      title,
      status,
      detail,
      code,
      ...options.members,
    };
  }

  /** The request carries no bearer token. */
  static tokenMissing(): GuardError {
    return new GuardError(
      'token_missing',
      'Send the access token: Authorization: Bearer <accessToken of the login>.',
    );
  }

  /** The token is not one of the issuer, not an access token, for somebody else, or was changed. */
  static tokenInvalid(cause?: unknown): GuardError {
    return new GuardError('token_invalid', 'This access token is not valid here. Log in again.', { cause });
  }

  /** The token was good. It has expired, or the roles of the user have changed. */
  static tokenExpired(cause?: unknown): GuardError {
    return new GuardError(
      'token_expired',
      'This access token has expired, or is out of date. Refresh it, or log in again.',
      { cause },
    );
  }

  /** @param reason of the service: `signed_out`, `kicked`, `disabled`, `merged`, `deleted` or `reused` */
  static sessionRevoked(reason: unknown): GuardError {
    return new GuardError('session_revoked', 'This session has ended. Log in again.', {
      members: typeof reason === 'string' ? { reason } : {},
    });
  }

  /** RFC 9470. */
  static freshLoginRequired(maxAgeSeconds: number): GuardError {
    return new GuardError(
      'fresh_login_required',
      `This needs a login that is at most ${maxAgeSeconds} seconds old; a refresh is no login. Log in again, then repeat the request with the new access token.`,
      {
        challenge: `Bearer error="insufficient_user_authentication", max_age=${maxAgeSeconds}`,
        members: { maxAge: maxAgeSeconds },
      },
    );
  }

  /** The user has none of the roles. */
  static roleMissing(): GuardError {
    return new GuardError('forbidden', 'This needs a role that you do not have. Ask an admin to grant it.');
  }

  /** The user came in through another mini-program. */
  static otherApp(): GuardError {
    return new GuardError(
      'forbidden',
      'This access token is from another mini-program. Log in to the one that this request is for.',
    );
  }

  /** The keys, or the answer of `/auth/verify`, cannot be had. */
  static issuerUnavailable(cause: unknown): GuardError {
    return new GuardError(
      'issuer_unavailable',
      'The login service does not answer, so your access token cannot be checked. Try again in a moment.',
      { cause },
    );
  }
}
