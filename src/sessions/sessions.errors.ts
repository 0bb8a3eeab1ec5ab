import { ServiceError } from '../errors/service.error.js';

/** Why a session ended. */
export type RevocationReason = 'disabled' | 'merged' | 'deleted';

/** The token is well formed and its time is not up, but what it stood for has ended. */
export class SessionRevokedError extends ServiceError {
  readonly code = 'session_revoked';

  constructor(reason: RevocationReason) {
    super('This session has ended. Log in again.', { members: { reason } });
  }
}
