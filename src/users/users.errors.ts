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
