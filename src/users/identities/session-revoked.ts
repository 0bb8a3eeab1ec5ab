import { SessionRevokedError } from '../../sessions/sessions.errors.js';
import type { User } from '../user.entity.js';

/** The error for a session whose user is not active any more. */
export function toSessionRevokedError(user: Pick<User, 'status'> | null): SessionRevokedError {
  const status = user?.status;
  return new SessionRevokedError(status === 'disabled' || status === 'merged' ? status : 'deleted');
}
