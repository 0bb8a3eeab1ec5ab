import { ServiceError } from '../../errors/service.error.js';

/** The cursor is invalid, or belongs to another search. */
export class CursorInvalidError extends ServiceError {
  readonly code = 'invalid_request';

  constructor() {
    super(
      'The cursor does not continue this search. Repeat the search that returned it, or start without a cursor.',
      {
        members: {
          errors: [{ field: 'cursor', message: 'cursor must be the nextCursor of the same search' }],
        },
      },
    );
  }
}

/** No index serves this search, and the table is too large to read as a whole. */
export class SearchTooBroadError extends ServiceError {
  readonly code = 'search_too_broad';

  constructor(cause?: unknown) {
    super(
      'This search takes too long. Narrow it: more of the nickname, fewer filters at once, another sort, or a shorter range of creation times.',
      { cause },
    );
  }
}

/** This node runs, and keeps waiting, as many searches as it allows. */
export class TooManySearchesError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many searches are under way. Try again in a moment.', { retryAfter: 2 });
  }
}
