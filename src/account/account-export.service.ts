import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type Actor, AuditLogService } from '../audit/audit-log.service.js';
import type { AuditEvent } from '../audit/audit-event.entity.js';
import type { Session } from '../sessions/session.entity.js';
import { SessionResponseMapper } from '../sessions/session-response.mapper.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { IdentityResponseMapper } from '../users/identities/identity-response.mapper.js';
import { NicknamesService } from '../users/profile/nicknames.service.js';
import type { User } from '../users/user.entity.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import { UsersService } from '../users/users.service.js';
import type { ExportedEvent, ExportedSession, ExportResponse } from './export.response.js';
import { consentOf } from './me.service.js';

/** Rows that are in memory at a time. */
const pageSize = 500;

/** All data about a user, as one JSON document. It is read from the database while it is sent. */
@Injectable()
export class AccountExportService {
  constructor(
    private readonly users: UsersService,
    private readonly userResponses: UserResponseMapper,
    private readonly identityResponses: IdentityResponseMapper,
    private readonly nicknames: NicknamesService,
    private readonly sessions: SessionsService,
    private readonly sessionResponses: SessionResponseMapper,
    private readonly audit: AuditLogService,
  ) {}

  /**
   * An `ExportResponse` as text. The audit log has an entry of it. If the database fails midway, the stream fails, and what
   * was sent is not a whole document.
   *
   * @throws {DatabaseUnavailableError} before anything is sent
   */
  async open(user: User, actor: Actor): Promise<Readable> {
    const head = await this.head(user);
    const ids = await this.users.findAllIds(user.id);
    await this.audit.recordReading({ ...actor, action: 'user.exported', userId: user.id });
    return Readable.from(this.write(head, ids), { objectMode: false });
  }

  private async head(user: User): Promise<Omit<ExportResponse, 'sessions' | 'events'>> {
    const identities = await this.users.findIdentities(user.id);
    const unionids = await this.users.findUnionids(user.id);
    return {
      exportedAt: new Date().toISOString(),
      user: {
        ...this.userResponses.toResponse(user),
        status: user.status,
        pendingNickname: await this.nicknames.findWaitingNickname(user.id),
        profileStaleSince: user.profileStaleSince?.toISOString() ?? null,
        externalId: user.externalId,
        lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
      },
      consent: consentOf(user),
      identities: identities.map((identity) => this.identityResponses.toDetailResponse(identity)),
      unionids,
    };
  }

  /** @param userIds the id of the user, and of those merged into it */
  private async *write(head: object, userIds: string[]): AsyncGenerator<string> {
    yield `${JSON.stringify(head).slice(0, -1)},"sessions":[`;
    yield* items(
      inTurn(userIds, (id) => this.sessions.findPages(id, pageSize)),
      (session) => this.toSession(session),
    );
    yield '],"events":[';
    yield* items(
      inTurn(userIds, (id) => this.eventsOf(id)),
      (event) => toEvent(event, userIds),
    );
    yield ']}';
  }

  private toSession(session: Session): ExportedSession {
    return {
      ...this.sessionResponses.toResponse(session),
      expiresAt: session.expiresAt.toISOString(),
      endedAt: session.endedAt?.toISOString() ?? null,
      endedReason: session.endedReason,
    };
  }

  private async *eventsOf(userId: string): AsyncGenerator<AuditEvent[]> {
    let before: string | undefined;
    do {
      const { events, nextCursor } = await this.audit.page({ userId, limit: pageSize, before });
      yield events;
      before = nextCursor ?? undefined;
    } while (before !== undefined);
  }
}

async function* inTurn<Row>(
  userIds: string[],
  pagesOf: (userId: string) => AsyncGenerator<Row[]>,
): AsyncGenerator<Row[]> {
  for (const userId of userIds) yield* pagesOf(userId);
}

/** The items of a JSON array, one page at a time. */
async function* items<Row>(
  pages: AsyncGenerator<Row[]>,
  toItem: (row: Row) => object,
): AsyncGenerator<string> {
  let separator = '';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((row) => JSON.stringify(toItem(row))).join(',');
    separator = ',';
  }
}

function toEvent(event: AuditEvent, userIds: string[]): ExportedEvent {
  const { action, actor, actorId, ip, sessionId, details, createdAt } = event;
  const by =
    actor === 'service' ? 'service' : actorId !== null && userIds.includes(actorId) ? 'self' : 'operator';
  // The user need not know which admin it was.
  const { operator: _, ...rest } = details as { operator?: object };
  return {
    action,
    by,
    ip: by === 'operator' ? null : ip,
    sessionId,
    details: rest,
    at: createdAt.toISOString(),
  };
}
