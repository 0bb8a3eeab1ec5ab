import { ServiceError } from '../../errors/service.error.js';

/** The identity or its unionid belongs to another user, or this user has another identity in that mini-program. */
export class IdentityTakenError extends ServiceError {
  readonly code = 'identity_taken';

  constructor() {
    super(
      'This identity belongs to another account, or your account has another one in that mini-program. Log in to the other account, and unlink the identity or delete the account.',
    );
  }
}

/** A user with a role cannot link or unlink: whoever can log in as this user has the role. */
export class LinkingWithRoleError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super(
      'Your account has a role, so you cannot link or unlink a mini-program. Ask an admin to remove your roles, log in again, repeat the request, and ask for the roles again.',
    );
  }
}

/** Another identity of the user has the same unionid: the next login would link this one again. */
export class IdentitySharedError extends ServiceError {
  readonly code = 'identity_shared';

  constructor() {
    super(
      'WeChat connects this identity with your account by its unionid: the next login would link it again. To remove it for good, delete the account.',
    );
  }
}

/** Without an identity, the user could not log in any more. */
export class IdentityLastError extends ServiceError {
  readonly code = 'identity_last';

  constructor() {
    super('This is the only way into your account. Link another one first, or delete the account.');
  }
}

/** The user has no identity in that mini-program. */
export class IdentityNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('Your account is not linked to this mini-program.');
  }
}
