import type { UserStatus } from '../users/user.entity.js';
import { UserResponse } from '../users/user.response.js';

/** A user as the operator sees one in a list. */
export class UserItemResponse extends UserResponse {
  status: UserStatus;

  /** The mini-programs through which the user came. */
  appids: string[];

  /** The operator's own number for this person. */
  externalId: string | null;

  /** ISO 8601 in UTC. Up to an hour old: later logins within the hour do not move it. */
  lastLoginAt: string | null;

  /** The user that this one turned out to be, too. */
  mergedInto: string | null;

  /** Who seems to be the same person by a unionid, where a role or a second identity in one app leaves it to you. */
  mergePendingWith: string | null;
}

/** One page of a search. */
export class UserPageResponse {
  items: UserItemResponse[];

  /** For the next page, with the same search; null on the last one. */
  nextCursor: string | null;

  /** The planner's guess; exact where one page has it all. */
  estimatedTotal: number;
}
