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

/** The user has asked to be deleted, and still has time to change their mind. */
export class AccountDeletingError extends ServiceError {
  readonly code = 'account_deleting';

  constructor(eraseAt: Date) {
    super(
      'This account is about to be erased, as its owner asked. To keep it, call wx.login and log in with "restore": true.',
      { members: { eraseAt: eraseAt.toISOString() } },
    );
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

/** Who was merged or is about to be erased can be neither disabled nor enabled. */
export class UserMergedOrLeavingError extends ServiceError {
  readonly code = 'invalid_request';

  constructor({ status, mergedInto }: Pick<User, 'status' | 'mergedInto'>) {
    super(
      status === 'merged'
        ? `This user was merged into ${mergedInto}: change that one.`
        : 'This user was erased, or is about to be: all that can be changed is whether they are disabled, which keeps them out later, and only until they are erased.',
    );
  }
}

/** A reason and an end belong to a user who is disabled. */
export class NotDisabledError extends ServiceError {
  readonly code = 'invalid_request';

  constructor() {
    super('reason and until belong to a disabled user: send them with "status": "disabled".');
  }
}

/** The identity is another user's, or so is its unionid; or this user has another identity in that mini-program. */
export class IdentityTakenError extends ServiceError {
  readonly code = 'identity_taken';

  constructor() {
    super(
      'This identity belongs to another account, or your account has another one in that mini-program. Log in there, and unlink or delete what you do not need.',
    );
  }
}

/** The ways into an account with a role are for an operator to decide on. */
export class LinkingWithRoleError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super(
      'Your account has a role, so that nobody can link or unlink a mini-program here. Ask an operator to take your roles away, log in again, repeat the request, and have the roles given back.',
    );
  }
}

/** Unlinked, the identity would be back at the next login: another one of the user's has the same unionid. */
export class IdentitySharedError extends ServiceError {
  readonly code = 'identity_shared';

  constructor() {
    super(
      'WeChat knows by its unionid that this identity is yours: it would be linked again at the next login. To leave for good, delete the account.',
    );
  }
}

/** Without any identity nobody could log in. */
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

/** These two users cannot be made one. */
export class MergeRefusedError extends ServiceError {
  readonly code = 'merge_refused';
}

/** Without an admin nobody could use /admin any more. */
export class LastAdminError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super(
      'This is the last admin: nobody could use /admin any more. Give another active user the role admin first.',
    );
  }
}

/** A user has a number of roles at most: every access token carries them. */
export class TooManyRolesError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(most: number) {
    super(`This user has ${most} roles, which is the most there can be.`);
  }
}

/** The cursor is none of ours, or continues another search. */
export class CursorInvalidError extends ServiceError {
  readonly code = 'invalid_request';

  constructor() {
    super('The cursor does not continue this search: repeat the search that answered it, or start anew.', {
      members: {
        errors: [{ field: 'cursor', message: 'cursor must be the nextCursor of the same search' }],
      },
    });
  }
}

/** No index serves this search, and the table is too large to be read instead. */
export class SearchTooBroadError extends ServiceError {
  readonly code = 'search_too_broad';

  constructor(cause?: unknown) {
    super(
      'This search takes too long. Narrow it: more of the nickname, fewer filters at once, another sort, or a shorter time of creation.',
      { cause },
    );
  }
}

/** As many searches are under way and waiting as this node allows. */
export class TooManySearchesError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many searches are under way. Try again in a moment.', { retryAfter: 2 });
  }
}

/** There is no avatar under this key, or no longer. */
export class AvatarNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('There is no such avatar.');
  }
}

/** What was uploaded is no image of a format that is taken, whatever the sender calls it. */
export class AvatarFormatError extends ServiceError {
  readonly code = 'unsupported_media_type';

  constructor() {
    super('The file is neither JPEG nor PNG nor WebP. Send an avatar as one of these.');
  }
}

/** The image cannot be read to its end, or is too large to be. */
export class AvatarBrokenError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(cause: unknown) {
    super('The image is damaged, or too large: 25 megapixels at most.', {
      cause,
      members: {
        errors: [{ field: 'file', message: 'file must be a whole image of 25 megapixels at most' }],
      },
    });
  }
}

/** As many avatars are being made and waiting as this node allows. */
export class TooManyAvatarsError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many avatars are being made. Try again in a moment.', { retryAfter: 2 });
  }
}
