import { ServiceError } from '../errors/service.error.js';

/** Too much encrypted data of the user could not be decrypted within a minute. */
export class OpenDataLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the user may try again */
  constructor(retryAfter: number) {
    super(
      'Too much of your encrypted data could not be decrypted. Wait as long as Retry-After says, log in again, then fetch the data again.',
      { retryAfter },
    );
  }
}
