import { SessionRevokedError } from '../../sessions/sessions.errors.js';
import type { User } from '../user.entity.js';

/** Why the session of somebody is over who is active no longer. */
export function toSessionRevokedError(user: Pick<User, 'status'> | null): SessionRevokedError {
  const status = user?.status;
  return new SessionRevokedError(status === 'disabled' || status === 'merged' ? status : 'deleted');
}
