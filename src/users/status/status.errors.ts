import { ServiceError } from '../../errors/service.error.js';
import type { User } from '../user.entity.js';

/** The user is disabled. */
export class AccountDisabledError extends ServiceError {
  readonly code = 'account_disabled';

  constructor({ disabledReason, disabledUntil }: Pick<User, 'disabledReason' | 'disabledUntil'>) {
    super('This account is disabled. Ask the operator of this mini-program.', {
      members: {
        ...(disabledReason !== null && { reason: disabledReason }),
        ...(disabledUntil !== null && { until: disabledUntil.toISOString() }),
      },
    });
  }
}

/** Only an active user can get this. */
export class UserNotActiveError extends ServiceError {
  readonly code = 'invalid_request';

  constructor({ status }: Pick<User, 'status'>) {
    super(`This user is not active but ${status}.`);
  }
}

/** A merged user cannot be changed. For a user pending deletion or erased, only the ban can be changed. */
export class UserNotChangeableError extends ServiceError {
  readonly code = 'invalid_request';

  constructor({ status, mergedInto }: Pick<User, 'status' | 'mergedInto'>) {
    super(
      status === 'merged'
        ? `This user was merged into ${mergedInto}: change that one.`
        : 'This user is pending deletion, or was erased. Until the erasure, you can disable or enable the user. After it, you can only change or lift a ban that the user had before.',
    );
  }
}

/** A reason and an end belong to a disabled user. */
export class UserNotDisabledError extends ServiceError {
  readonly code = 'invalid_request';

  constructor() {
    super('reason and until belong to a disabled user: send them with "status": "disabled".');
  }
}

/** The last admin stays: without one, nobody could use /admin. */
export class LastAdminError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super(
      'This is the last admin: without one, nobody could use /admin. Give another active user the role admin first.',
    );
  }
}

/** The number of roles is limited, since every access token carries them. */
export class TooManyRolesError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(maxRoles: number) {
    super(`A user can have at most ${maxRoles} roles.`);
  }
}
