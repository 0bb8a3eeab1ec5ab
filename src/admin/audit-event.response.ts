import type { AuditAction, AuditActor, AuditEvent } from '../audit/audit-event.entity.js';

/** Something that happened: who did what to whom, when, and from where. */
export class AuditEventResponse {
  /** Later entries have higher numbers. Too long for a JavaScript number. */
  id: string;

  action: AuditAction;

  /** Who acted: a signed-in user (`person`), a command, or the service itself. */
  actor: AuditActor;

  /** The user who acted, if it was a user. */
  actorId: string | null;

  /** The user to whom it was done. */
  userId: string | null;

  sessionId: string | null;

  /** The address of the request. */
  ip: string | null;

  /** More facts. The members depend on the action. */
  details: object;

  /** ISO 8601 in UTC. */
  at: string;
}

/** One page of the audit, the newest entry first. */
export class AuditPageResponse {
  items: AuditEventResponse[];

  /** For the next page, with the same query; null on the last one. */
  nextCursor: string | null;
}

export function toAuditEventResponse(event: AuditEvent): AuditEventResponse {
  const { id, action, actor, actorId, userId, sessionId, ip, details, createdAt } = event;
  return { id, action, actor, actorId, userId, sessionId, ip, details, at: createdAt.toISOString() };
}
