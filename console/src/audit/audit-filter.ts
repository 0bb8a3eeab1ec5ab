import type { Schemas } from '../api/client.js';
import { auditActionMessages } from './audit-actions.messages.js';

export type AuditEvent = Schemas['AuditEventResponse'];
export type AuditAction = AuditEvent['action'];

/** The actions that the service can filter by. */
export const auditActions = Object.keys(auditActionMessages.en.actions) as AuditAction[];

/** What the URL of the audit log holds. A user is only named by the id of the service. */
export interface AuditFilter {
  action?: AuditAction;
  /** The user to whom it was done. */
  userId?: string;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

/** What of a URL is not understood is left out: someone may have typed it. */
export function readFilter(params: URLSearchParams): AuditFilter {
  const userId = params.get('user') ?? '';
  const cursor = params.get('after') ?? '';
  return {
    action: auditActions.find((action) => action === params.get('action')),
    userId: isUserId(userId) ? userId : undefined,
    cursor: /^[1-9]\d{0,17}$/.test(cursor) ? cursor : undefined,
  };
}

export function writeFilter({ action, userId, cursor }: AuditFilter): URLSearchParams {
  const entries = { action, user: userId, after: cursor };
  return new URLSearchParams(
    Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function isUserId(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
