import { ServiceError } from '../errors/service.error.js';
import type { User } from './user.entity.js';

/** The operator has disabled this person. */
export class AccountDisabledError extends ServiceError {
  readonly code = 'account_disabled';

  constructor({ disabledReason, disabledUntil }: Pick<User, 'disabledReason' | 'disabledUntil'>) {
    super('This account is disabled. Ask whoever runs this mini-program.', {
      members: {
        ...(disabledReason !== null && { reason: disabledReason }),
        ...(disabledUntil !== null && { until: disabledUntil.toISOString() }),
      },
    });
  }
}

/** Nobody has that id, or has come with that openid. */
export class UserNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('There is no such user.');
  }
}

/** Only an active user can be given this. */
export class UserNotActiveError extends ServiceError {
  readonly code = 'invalid_request';

  constructor({ status }: Pick<User, 'status'>) {
    super(`This user is not active but ${status}.`);
  }
}

/** A user has a number of roles at most: every access token carries them. */
export class TooManyRolesError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(most: number) {
    super(`This user has ${most} roles, which is the most there can be.`);
  }
}
