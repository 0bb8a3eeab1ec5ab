import { ServiceError } from '../errors/service.error.js';

/** What was sent is larger than this route takes. */
export class PayloadTooLargeError extends ServiceError {
  readonly code = 'payload_too_large';
}

/** What was sent is of a kind that this route does not take. */
export class UnsupportedMediaTypeError extends ServiceError {
  readonly code = 'unsupported_media_type';
}

/** As many uploads are under way as this node holds in memory. */
export class TooManyUploadsError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many uploads are under way. Try again in a moment.', { retryAfter: 5 });
  }
}
