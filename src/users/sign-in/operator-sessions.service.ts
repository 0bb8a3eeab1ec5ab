import { Injectable } from '@nestjs/common';
import { AuditLogService, commandActor } from '../../audit/audit-log.service.js';
import { newUuid, randomBytes } from '../../crypto/random.js';
import { Database } from '../../database/database.js';
import { Session } from '../../sessions/session.entity.js';
import { lockCanonicalUser } from '../identities/lock-user.js';
import { UserNotActiveError } from '../status/status.errors.js';

/** The `client_id` of sessions that were not opened in a mini-program. */
export const operatorClient = 'operator';

/** A session that a command has opened for a user, and the claims of an access token for it. */
export interface OperatorSession {
  sessionId: string;
  userId: string;
  appid: typeof operatorClient;
  loggedInAt: Date;
  tokenVersion: number;
  roles: string[];
}

/** Sessions that are opened at the command line. */
@Injectable()
export class OperatorSessionsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogService,
  ) {}

  /**
   * Opens a session of a user, and records it in the audit log. It ends after so many seconds, and cannot be refreshed.
   *
   * @throws {UserNotFoundError} {@link UserNotActiveError}
   * @throws {DatabaseUnavailableError}
   */
  async open(userId: string, seconds: number): Promise<OperatorSession> {
    return this.database.transaction(async ({ manager }) => {
      const user = await lockCanonicalUser(manager, userId);
      if (user.status !== 'active') throw new UserNotActiveError(user);
      const id = newUuid();
      const { generatedMaps } = await manager.insert(Session, {
        id,
        userId: user.id,
        identityId: null,
        clientId: operatorClient,
        sessionEpoch: user.sessionEpoch,
        // Not the hash of any known token: there is no refresh token.
        refreshHash: randomBytes(32),
        expiresAt: () => `now() + make_interval(secs => ${seconds})`,
      });
      await this.audit.record(manager, {
        ...commandActor,
        action: 'session.opened_by_operator',
        userId: user.id,
        sessionId: id,
      });
      const { tokenVersion, roles } = user;
      const { createdAt: loggedInAt } = generatedMaps[0] as Pick<Session, 'createdAt'>;
      return { sessionId: id, userId: user.id, appid: operatorClient, loggedInAt, tokenVersion, roles };
    });
  }
}
