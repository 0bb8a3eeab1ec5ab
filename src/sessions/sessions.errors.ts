import { ServiceError } from '../errors/service.error.js';

/** Why a session ended. */
export type RevocationReason =
  /** the user logged out, here or from elsewhere */
  | 'signed_out'
  /** the operator ended it */
  | 'kicked'
  | 'disabled'
  | 'merged'
  | 'deleted'
  /** a refresh token came again that had been superseded: somebody has a copy */
  | 'reused';

/** The token is well formed and its time is not up, but what it stood for has ended. */
export class SessionRevokedError extends ServiceError {
  readonly code = 'session_revoked';

  constructor(reason: RevocationReason) {
    super('This session has ended. Log in again.', { members: { reason } });
  }
}

/** The refresh token is not one of ours, was changed, or its time is up. */
export class RefreshTokenInvalidError extends ServiceError {
  readonly code = 'refresh_token_invalid';

  /** @param isForged whether this deployment has not made it */
  constructor(readonly isForged: boolean) {
    super('This refresh token is not valid, or has expired. Call wx.login and log in again.');
  }
}

/** A refresh token that was superseded, more than once or too long ago: two have it, and one of them stole it. */
export class RefreshTokenReusedError extends ServiceError {
  readonly code = 'refresh_token_reused';

  constructor() {
    super(
      'This refresh token was replaced by a newer one before. The session has been ended, since somebody may have a copy. Call wx.login and log in again.',
    );
  }
}

/** This node cannot tell what is revoked at the moment, and lets nobody in rather than somebody too many. */
export class RevocationsUnknownError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor() {
    super('This node cannot check at the moment whether the session goes on. Try again shortly.', {
      retryAfter: 1,
    });
  }
}

/** The user has no such session that goes on. */
export class SessionNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('You have no such session, or it has ended.');
  }
}
