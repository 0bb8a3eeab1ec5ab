import { ServiceError } from '../../errors/service.error.js';

/** The user has requested deletion, and can still cancel it. */
export class AccountDeletingError extends ServiceError {
  readonly code = 'account_deleting';

  constructor(eraseAt: Date) {
    super(
      'The owner of this account has requested its deletion. To keep it, call wx.login and log in with "restore": true.',
      { members: { eraseAt: eraseAt.toISOString() } },
    );
  }
}

/** The user is due for erasure, but was not erased yet. Erase first: after that, the same person is a new user. */
export class ErasureDueError extends Error {
  constructor(readonly userId: string) {
    super();
  }
}
