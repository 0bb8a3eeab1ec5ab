import { ServiceError } from '../../errors/service.error.js';

/** These two users cannot be merged. */
export class MergeRefusedError extends ServiceError {
  readonly code = 'merge_refused';
}
