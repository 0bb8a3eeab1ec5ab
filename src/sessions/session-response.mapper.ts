import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Session } from './session.entity.js';

/** What every response says of a session. */
export interface SessionSummary {
  id: string;
  /** Null if the session was not opened in a mini-program. */
  appid: string | null;
  /** The web client that the session was opened for, or `operator`. */
  clientId?: string;
  /** The name of the web client in the settings. */
  clientName?: string | null;
  ip: string | null;
  userAgent: string | null;
  createdAt: string;
  lastSeenAt: string;
}

/** Sessions in responses. */
@Injectable()
export class SessionResponseMapper {
  constructor(private readonly settings: Settings) {}

  toResponse(session: Session): SessionSummary {
    const { id, ip, userAgent, createdAt, lastSeenAt } = session;
    return {
      id,
      ...this.clientOf(session),
      ip,
      userAgent,
      createdAt: createdAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
    };
  }

  private clientOf({ clientId }: Session): Pick<SessionSummary, 'appid' | 'clientId' | 'clientName'> {
    const webClient = this.settings.webClients.find(({ id }) => id === clientId);
    // A mini-program or a web client may have been taken out of the settings.
    if (webClient === undefined && clientId.startsWith('wx')) return { appid: clientId };
    return { appid: null, clientId, clientName: webClient?.name ?? null };
  }
}
