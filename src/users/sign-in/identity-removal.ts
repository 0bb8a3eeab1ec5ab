import { Injectable } from '@nestjs/common';
import { type AuditEntry, AuditLogService } from '../../audit/audit-log.service.js';
import type { Transaction } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import { SessionsService } from '../../sessions/sessions.service.js';
import { Identity } from '../identities/identity.entity.js';
import { Unionid } from '../identities/unionid.entity.js';

/** Takes an identity from a user who has others. */
@Injectable()
export class IdentityRemoval {
  constructor(
    private readonly sessions: SessionsService,
    private readonly audit: AuditLogService,
    private readonly events: EventsService,
  ) {}

  /**
   * Deletes an identity with its session_keys, and its unionid if no other identity of the user has it. Ends the sessions
   * that came through it. The transaction has locked the user.
   */
  async remove(
    tx: Transaction,
    { id, userId, appid, unionid }: Identity,
    entry: Omit<AuditEntry, 'action' | 'userId' | 'details'>,
  ): Promise<void> {
    const { manager } = tx;
    await manager.delete(Identity, { id });
    const isShared = unionid !== null && (await manager.existsBy(Identity, { userId, unionid }));
    if (unionid !== null && !isShared) await manager.delete(Unionid, { unionid, userId });
    await this.audit.record(manager, {
      ...entry,
      action: 'user.identity_unlinked',
      userId,
      details: { appid },
    });
    await this.events.record(tx, { type: 'identity.unlinked', userId, appid });
    await this.sessions.endByIdentity(tx, { userId, identityId: id });
  }
}
