import { ServiceError } from '../errors/service.error.js';

/** Files cannot be kept where `AVATAR_STORAGE` says: the service does not start. */
export class StorageUnusableError extends ServiceError {
  readonly code = 'internal_error';
}
