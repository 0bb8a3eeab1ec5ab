import type { AuditAction } from '../audit/audit-event.entity.js';
import type { UserStatus } from '../users/user.entity.js';
import { UserResponse } from '../users/user.response.js';
import { ConsentResponse } from './me.response.js';

/** The user, as their user has it. */
export class ExportedUser extends UserResponse {
  status: UserStatus;

  /** The newest nickname, if WeChat could not check it yet. */
  pendingNickname: string | null;

  /** When WeChat said that the nickname or the avatar there are others now. */
  profileStaleSince: string | null;

  /** Your own number for this user, from an import. */
  externalId: string | null;

  /** ISO 8601 in UTC, as all times here. Up to an hour old: later logins within the hour do not move it. */
  lastLoginAt: string | null;
}

/** The user in one mini-program, as WeChat names them. */
export class ExportedIdentity {
  appid: string;

  /** The name in the settings, if it has one. */
  appName: string | null;

  openid: string;

  unionid: string | null;

  linkedAt: string;
}

/** One login, and what became of it. */
export class ExportedSession {
  id: string;

  /** Null if the session was not opened in a mini-program. */
  appid: string | null;

  /** The web client that the user has signed in to by scanning, or `operator`; absent for a mini-program. */
  clientId?: string;

  /** Its name in the settings. */
  clientName?: string | null;

  ip: string | null;

  userAgent: string | null;

  createdAt: string;

  /** Last login or refresh. */
  lastSeenAt: string;

  expiresAt: string;

  endedAt: string | null;

  endedReason: string | null;
}

/** Something that was done to the user. */
export class ExportedEvent {
  action: AuditAction;

  by: 'self' | 'operator' | 'service';

  /** Of the request; an operator's is not told. */
  ip: string | null;

  sessionId: string | null;

  details: object;

  at: string;
}

/** All that is held about a user. */
export class ExportResponse {
  exportedAt: string;

  user: ExportedUser;

  consent: ConsentResponse | null;

  identities: ExportedIdentity[];

  /** All unionids of the user, also those of Open Platform accounts that a mini-program has left. */
  unionids: string[];

  /** The oldest first. Expired sessions are removed after a while. */
  sessions: ExportedSession[];

  /** The newest first. Old entries are removed after a while. */
  events: ExportedEvent[];
}
