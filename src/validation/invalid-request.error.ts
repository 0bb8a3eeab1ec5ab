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
