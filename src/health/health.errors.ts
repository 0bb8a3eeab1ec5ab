import { ServiceError } from '../errors/service.error.js';

/** This node cannot do its work; `details` says which part is down. All of them rest on the database. */
export class NotReadyError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor(details: object) {
    super('This node is not ready: see details.', { retryAfter: 1, members: { details } });
  }
}

/** This node was told to stop: it finishes what runs, and takes nothing new. */
export class StoppingError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('This node is stopping. Send requests to another.', { retryAfter: 1 });
  }
}
