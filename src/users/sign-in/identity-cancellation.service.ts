import { Injectable } from '@nestjs/common';
import { type Actor, AuditLogService } from '../../audit/audit-log.service.js';
import { Database } from '../../database/database.js';
import { SessionsService } from '../../sessions/sessions.service.js';
import { ImmediateErasureService } from '../deletion/immediate-erasure.service.js';
import { findAllUserIds } from '../identities/canonical-user.js';
import { Identity } from '../identities/identity.entity.js';
import { lockCanonicalUser } from '../identities/lock-user.js';
import { BansService } from '../status/bans.service.js';
import { UserStatusService } from '../status/user-status.service.js';
import { IdentityRemoval } from './identity-removal.js';

/** Carries out that a user has closed their account with a mini-program in WeChat. */
@Injectable()
export class IdentityCancellationService {
  constructor(
    private readonly database: Database,
    private readonly removal: IdentityRemoval,
    private readonly sessions: SessionsService,
    private readonly bans: BansService,
    private readonly status: UserStatusService,
    private readonly erasure: ImmediateErasureService,
    private readonly audit: AuditLogService,
  ) {}

  /**
   * Erases an identity, its session_keys, its sessions and their addresses. If it is the only identity of the user, erases
   * the user at once. A ban stays. Does nothing if the identity is gone. After a failure, it can be called again.
   *
   * @throws {DatabaseUnavailableError}
   */
  async cancel(identityId: string, actor: Actor): Promise<void> {
    const userToErase = await this.database.transaction(async (tx) => {
      const { manager } = tx;
      const found = await manager.findOneBy(Identity, { id: identityId });
      if (found === null) return undefined;
      const user = await lockCanonicalUser(manager, found.userId);
      const identities = await manager.findBy(Identity, { userId: user.id });
      // Under the lock: a merge or another node may have been faster.
      const identity = identities.find(({ id }) => id === identityId);
      if (identity === undefined) return undefined;
      await this.audit.record(manager, {
        ...actor,
        action: 'user.authorization_cancelled',
        userId: user.id,
        details: { appid: identity.appid },
      });
      if (identities.length === 1) {
        // Here, so that the user gets no other identity in between.
        await this.status.makeErasureDue(tx, user, actor);
        return user.id;
      }
      if (user.status === 'disabled') await this.bans.banIdentity(manager, identity);
      await this.removal.remove(tx, identity, actor);
      await this.sessions.removeAddresses(manager, {
        userIds: await findAllUserIds(manager, user.id),
        identityId,
      });
      return undefined;
    });
    if (userToErase !== undefined) await this.erasure.eraseDue(userToErase);
  }
}
