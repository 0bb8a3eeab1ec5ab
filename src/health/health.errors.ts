import { ServiceError } from '../errors/service.error.js';

/** This node cannot do its work; `details` says which part is down. All of them rest on the database. */
export class NotReadyError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor(details: object) {
    super('This node is not ready: see details.', { retryAfter: 1, members: { details } });
  }
}
