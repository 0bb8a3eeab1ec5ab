import { ServiceError } from '../../errors/service.error.js';

/** No user has this id or this openid. */
export class UserNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('There is no such user.');
  }
}
