import { ServiceError } from '../errors/service.error.js';

/** Encrypted data of this person did not open too often within a minute. */
export class OpenDataLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the user may try again */
  constructor(retryAfter: number) {
    super(
      'Too much of your encrypted data did not open. Wait as long as Retry-After says, log in again, then fetch the data again.',
      { retryAfter },
    );
  }
}

/** What changes the ways into an account needs the user's own phone. */
export class NotInMiniProgramError extends ServiceError {
  readonly code = 'forbidden';

  constructor() {
    super('This session was not opened in a mini-program. Log in with wx.login, then repeat the request.');
  }
}
