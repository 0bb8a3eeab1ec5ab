import { AuditEventResponse } from './audit-event.response.js';
import { UserItemResponse } from './user-item.response.js';

/** A user in one mini-program. */
export class UserIdentityResponse {
  appid: string;

  /** The name in the settings, if it has one. */
  appName: string | null;

  openid: string;

  unionid: string | null;

  /** ISO 8601 in UTC. */
  linkedAt: string;
}

/** One signed-in phone or web page. */
export class UserSessionResponse {
  id: string;

  /** Null if the session was not opened in a mini-program. */
  appid: string | null;

  /** The web client that the user has signed in to by scanning, or `operator`; absent for a mini-program. */
  clientId?: string;

  /** Its name in the settings. */
  clientName?: string | null;

  ip: string | null;

  userAgent: string | null;

  /** ISO 8601 in UTC, as all times here. */
  createdAt: string;

  /** Last login or refresh. */
  lastSeenAt: string;

  expiresAt: string;
}

/** A user as the operator sees one alone. */
export class UserDetailResponse extends UserItemResponse {
  disabledReason: string | null;

  /** ISO 8601 in UTC. */
  disabledUntil: string | null;

  /** When a user who requested deletion will be erased; ISO 8601 in UTC. */
  eraseAt: string | null;

  /** When they were; ISO 8601 in UTC. */
  erasedAt: string | null;

  identities: UserIdentityResponse[];

  /** Active sessions, the newest first, at most 100. */
  sessions: UserSessionResponse[];

  /** What was done to the user, the newest first, at most 50 entries. GET `/admin/audit` has the rest. */
  auditEvents: AuditEventResponse[];
}
