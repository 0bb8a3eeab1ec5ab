import { Injectable } from '@nestjs/common';
import { AuditLogService } from '../audit/audit-log.service.js';
import { SessionResponseMapper } from '../sessions/session-response.mapper.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { IdentityResponseMapper } from '../users/identities/identity-response.mapper.js';
import { UserNotFoundError } from '../users/identities/user-not-found.error.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { toAuditEventResponse } from './audit-event.response.js';
import type { UserDetailResponse } from './user-detail.response.js';
import type { UserItemResponse } from './user-item.response.js';

const maxSessions = 100;
const maxAuditEvents = 50;

/** Users as an admin sees them. */
@Injectable()
export class UserDetailsService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly sessionResponses: SessionResponseMapper,
    private readonly audit: AuditLogService,
    private readonly userResponses: UserResponseMapper,
    private readonly identityResponses: IdentityResponseMapper,
  ) {}

  /**
   * The user that an id means now: the one into which it was merged, or itself.
   *
   * @throws {UserNotFoundError}
   */
  async find(id: string): Promise<UserDetailResponse> {
    const user = await this.users.findCanonical(id);
    if (user === null) throw new UserNotFoundError();
    const [identities, sessions, { events }] = await Promise.all([
      this.users.findIdentities(user.id),
      this.sessions.findLive(user.id, maxSessions),
      this.audit.page({ userId: user.id, limit: maxAuditEvents }),
    ]);
    const appids = new Set(identities.map(({ appid }) => appid));
    return {
      ...this.toItem(user, [...appids].toSorted()),
      disabledReason: user.disabledReason,
      disabledUntil: user.disabledUntil?.toISOString() ?? null,
      eraseAt: user.erasedAt === null ? (user.eraseAt?.toISOString() ?? null) : null,
      erasedAt: user.erasedAt?.toISOString() ?? null,
      identities: identities.map((identity) => this.identityResponses.toDetailResponse(identity)),
      sessions: sessions.map((session) => ({
        ...this.sessionResponses.toResponse(session),
        expiresAt: session.expiresAt.toISOString(),
      })),
      auditEvents: events.map(toAuditEventResponse),
    };
  }

  /** One user in a list. */
  toItem(
    user: Pick<User, 'status' | 'externalId' | 'lastLoginAt' | 'mergedInto' | 'mergePendingWith'> &
      Parameters<UserResponseMapper['toResponse']>[0],
    appids: string[],
  ): UserItemResponse {
    return {
      ...this.userResponses.toResponse(user),
      status: user.status,
      appids,
      externalId: user.externalId,
      lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
      mergedInto: user.mergedInto,
      mergePendingWith: user.mergePendingWith,
    };
  }
}
