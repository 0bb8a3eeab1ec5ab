import type { UserStatus } from '../users/user.entity.js';
import { UserResponse } from '../users/user.response.js';

/** A user as the operator sees one in a list. */
export class UserItemResponse extends UserResponse {
  status: UserStatus;

  /** The mini-programs of the user's identities. */
  appids: string[];

  /** Your own number for this user, from an import. */
  externalId: string | null;

  /** ISO 8601 in UTC. Up to an hour old: later logins within the hour do not move it. */
  lastLoginAt: string | null;

  /** The user into which this one was merged. */
  mergedInto: string | null;

  /**
   * A user with the same unionid, if they were not merged automatically: one of them has a role, or both have an
   * identity in the same mini-program.
   */
  mergePendingWith: string | null;
}

/** One page of a search. */
export class UserPageResponse {
  items: UserItemResponse[];

  /** For the next page, with the same search; null on the last one. */
  nextCursor: string | null;

  /** An estimate of the database. Exact if one page holds all results. */
  estimatedTotal: number;
}
