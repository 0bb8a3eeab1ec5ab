import { ServiceError } from '../errors/service.error.js';

/** Why a session ended. */
export type RevocationReason =
  /** the user logged out, here or from elsewhere */
  | 'signed_out'
  /** an admin ended it */
  | 'kicked'
  | 'disabled'
  | 'merged'
  | 'deleted'
  /** a superseded refresh token was used again: there are two copies of it */
  | 'reused';

/** The token is valid and has not expired, but its session has ended. */
export class SessionRevokedError extends ServiceError {
  readonly code = 'session_revoked';

  constructor(reason: RevocationReason) {
    super('This session has ended. Log in again.', { members: { reason } });
  }
}

/** The refresh token was not created by this deployment, was changed, or has expired. */
export class RefreshTokenInvalidError extends ServiceError {
  readonly code = 'refresh_token_invalid';

  /** @param isForged whether this deployment has not made it */
  constructor(readonly isForged: boolean) {
    super('This refresh token is not valid, or has expired. Call wx.login and log in again.');
  }
}

/** A refresh token that was superseded more than once, or too long ago: two have it, and one of them stole it. */
export class RefreshTokenReusedError extends ServiceError {
  readonly code = 'refresh_token_reused';

  constructor() {
    super(
      'This refresh token was replaced by a newer one before. The session has been ended, since somebody may have a copy. Call wx.login and log in again.',
    );
  }
}

/** This node does not know the revocations at present, and refuses all requests. */
export class RevocationsUnknownError extends ServiceError {
  readonly code = 'database_unavailable';

  /** @param cause why the last poll failed, if it did */
  constructor(cause?: unknown) {
    super('This node cannot check at the moment whether the session goes on. Try again shortly.', {
      cause,
      retryAfter: 1,
    });
  }
}

/** The database did not answer this node's last poll. A code is not spent in vain. */
export class DatabaseAwayError extends ServiceError {
  readonly code = 'database_unavailable';

  /** @param cause why the last poll failed */
  constructor(cause: unknown) {
    super('The database is away. The code has not been used: send it again shortly, or a new one.', {
      cause,
      retryAfter: 1,
    });
  }
}

/** The user has no such active session. */
export class SessionNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('You have no such session, or it has ended.');
  }
}
