import { ServiceError } from '../errors/service.error.js';

/** What is wrong with one member of a body. */
export interface FieldFault {
  /** Path of the member, `phone.countryCode`. */
  field: string;
  message: string;
}

/** The request is malformed. `errors` lists what is wrong, member by member. */
export class InvalidRequestError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(message: string, errors: FieldFault[] = []) {
    super(message, errors.length > 0 ? { members: { errors } } : {});
  }
}

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
