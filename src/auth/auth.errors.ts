import { ServiceError } from '../errors/service.error.js';

/** The request carries no bearer token. */
export class TokenMissingError extends ServiceError {
  readonly code = 'token_missing';

  constructor() {
    super('Send the access token: Authorization: Bearer <accessToken of the login>.');
  }
}

/** The token was not issued here, is not an access token, or was changed. */
export class TokenInvalidError extends ServiceError {
  readonly code = 'token_invalid';

  constructor(cause?: unknown) {
    super('This access token is not valid here. Log in again.', { cause });
  }
}

/** The token was issued here, and has expired. */
export class TokenExpiredError extends ServiceError {
  readonly code = 'token_expired';

  constructor() {
    super('This access token has expired, or is out of date. Refresh it, or log in again.');
  }
}

/** The user lacks the role that the route needs. */
export class RoleMissingError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super('This needs a role that you do not have. Ask an admin to grant it.');
  }
}

/** The action needs a recent login (RFC 9470). */
export class FreshLoginRequiredError extends ServiceError {
  readonly code = 'fresh_login_required';

  /** @param maxAge seconds that may have passed since the login */
  constructor(maxAge: number) {
    super(
      `This needs a login that is at most ${maxAge} seconds old; a refresh is no login. Log in again, then repeat the request with the new access token.`,
      { members: { maxAge } },
    );
  }
}

/** The user has logged in to another mini-program than the request needs. */
export class WrongAppError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super('This access token is from another mini-program. Log in to the one that this request is for.');
  }
}

/** As many logins are in progress on this node as it takes. */
export class NodeOverloadedError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many logins are under way on this node. Try again in a moment, with the same code.', {
      retryAfter: 1,
    });
  }
}

/** As many logins from this address are under way as may still fail, and none of them has ended for a while. */
export class TooManyLoginsError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many logins from this address are under way. Try again in a moment.', { retryAfter: 1 });
  }
}

/** Too many refresh tokens from this address were forged within a minute. */
export class RefreshLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the address may try again */
  constructor(retryAfter: number) {
    super(
      'Too many refresh tokens from this address were not valid. Wait as long as Retry-After says, then try again.',
      { retryAfter },
    );
  }
}

/** Too many codes from this address have failed within a minute. */
export class LoginLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the address may try again */
  constructor(retryAfter: number) {
    super(
      'Too many logins from this address have failed. Wait as long as Retry-After says, then try again.',
      {
        retryAfter,
      },
    );
  }
}

/** The user has reached the limit per minute of a route. */
export class UserRateLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the user may do it again */
  constructor(retryAfter: number) {
    super('You have done this too often within a minute. Wait as long as Retry-After says, then try again.', {
      retryAfter,
    });
  }
}

/** The user has reached the limit of requests at the same time. */
export class UserConcurrencyLimitError extends ServiceError {
  readonly code = 'rate_limited';

  constructor() {
    super('Too many of your requests are in progress. Wait for their responses, then try again.', {
      retryAfter: 1,
    });
  }
}

/** The token was given to a web client, which may not act with the role of its user. */
export class ClientNotAdmittedError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super(
      'This token was given to a web client. Sign in to the console or in a mini-program, or use admin:token.',
    );
  }
}

/** The request needs a session that was opened in a mini-program. */
export class NotInMiniProgramError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super('This session was not opened in a mini-program. Log in with wx.login, then repeat the request.');
  }
}
