import { ServiceError } from '../errors/service.error.js';
import { OAuthError } from '../http/oauth.error.js';

/** The code is unknown, has expired, was decided on, or another user has looked at it first. */
export class ScanNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super(
      'There is nothing to confirm under this code: it has expired, was decided on, or somebody else has scanned it. Get a new code on the page, and scan that.',
    );
  }
}

/** Too many codes of this user were unknown within a minute. */
export class ScanLimitError extends ServiceError {
  readonly code = 'rate_limited';

  /** @param retryAfter seconds until the user may try again */
  constructor(retryAfter: number) {
    super(
      'Too many codes were wrong. Wait as long as Retry-After says, then type the code of the page again.',
      {
        retryAfter,
      },
    );
  }
}

/** As many pages wait on this node as it holds. */
export class TooManyPagesError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many pages wait on this node. Ask for the tokens every few seconds instead.', {
      retryAfter: 5,
    });
  }
}

/** As many codes of this address are open as may be. */
export class TooManyScansError extends OAuthError {
  /** @param maxOpen codes of one address */
  constructor(maxOpen: number, retryAfter: number) {
    super(
      'slow_down',
      `${maxOpen} codes of this address are open. Use one of them, or wait until one has expired.`,
      {
        status: 429,
        headers: { 'Retry-After': String(retryAfter) },
      },
    );
  }
}

/** The device code is unknown, used, or another client's. */
export class DeviceCodeInvalidError extends OAuthError {
  constructor() {
    super(
      'invalid_grant',
      'This device_code is unknown, was used before, or belongs to another client. Get a new one.',
    );
  }
}
