import { ServiceError } from '../errors/service.error.js';

/** This node cannot do its work. `details` says which part is down; every part needs the database. */
export class NotReadyError extends ServiceError {
  readonly code = 'database_unavailable';

  constructor(details: object) {
    super('This node is not ready: see details.', { retryAfter: 1, members: { details } });
  }
}

/** This node is stopping: it finishes its requests, and accepts no new ones. */
export class StoppingError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('This node is stopping. Send requests to another.', { retryAfter: 1 });
  }
}
