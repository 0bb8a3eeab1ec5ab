import type { Session } from './session.entity.js';

/** What every response says of a session. */
export function toSessionResponse(session: Session): {
  id: string;
  appid: string;
  ip: string | null;
  userAgent: string | null;
  createdAt: string;
  lastSeenAt: string;
} {
  const { id, clientId, ip, userAgent, createdAt, lastSeenAt } = session;
  return {
    id,
    appid: clientId,
    ip,
    userAgent,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
  };
}
