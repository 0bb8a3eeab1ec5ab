import { ServiceError } from '../errors/service.error.js';

/** Why a session ended. */
export type RevocationReason =
  /** the person logged out, here or from elsewhere */
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
