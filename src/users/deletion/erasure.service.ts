import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, Not } from 'typeorm';
import { AuditLogService, serviceActor } from '../../audit/audit-log.service.js';
import { Database, type Transaction } from '../../database/database.js';
import { batchSize } from '../../database/delete-outdated.js';
import { EventsService } from '../../events/events.service.js';
import { WebhookMessagesService } from '../../events/webhook-messages.service.js';
import { BansService } from '../status/bans.service.js';
import { Identity } from '../identities/identity.entity.js';
import { findAllUserIds } from '../identities/canonical-user.js';
import { NicknameCheck } from '../profile/nickname-check.entity.js';
import { reassignPendingMerges } from '../identities/pending-merges.js';
import { Unionid } from '../identities/unionid.entity.js';
import { User } from '../user.entity.js';

/** Remove the addresses from the sessions and audit entries of a user, one batch at a time. */
const addressStatements = [
  `UPDATE sessions SET ip = NULL, user_agent = NULL
   WHERE id = ANY (ARRAY(
     SELECT id FROM sessions
     WHERE user_id = ANY ($1::uuid[]) AND (ip IS NOT NULL OR user_agent IS NOT NULL)
     LIMIT ${batchSize}
   ))`,
  // The address of an admin who changed the user is not data of the user.
  `UPDATE audit_events SET ip = NULL
   WHERE id = ANY (ARRAY(
     SELECT id FROM audit_events
     WHERE user_id = ANY ($1::uuid[]) AND ip IS NOT NULL AND (actor_id IS NULL OR actor_id = ANY ($1::uuid[]))
     LIMIT ${batchSize}
   ))`,
];

/**
 * Erases a user whose `erase_at` has come. What stays is the id, the status and dates; for a disabled user also the reason
 * and the end of the ban, and encrypted data to recognise the user by.
 *
 * An erasure is a row of transactions, and may stop after any of them: first the addresses, batch by batch, then all the
 * rest at once. The key of the avatar and `erase_at` stay in the row until the file is removed.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly bans: BansService,
    private readonly audit: AuditLogService,
    private readonly events: EventsService,
    private readonly webhookMessages: WebhookMessagesService,
  ) {}

  /** Whether the erasure of a user is due, or done. */
  async isDue(manager: EntityManager, userId: string): Promise<boolean> {
    const due = await manager.query<unknown[]>(
      'SELECT FROM users WHERE id = $1 AND (erase_at <= statement_timestamp() OR erased_at IS NOT NULL)',
      [userId],
    );
    return due.length > 0;
  }

  /**
   * Erases a user. Does nothing if the erasure is not due, or if another node has done it.
   *
   * @returns whether the user is erased now
   * @throws {DatabaseUnavailableError}
   */
  async erase(userId: string): Promise<boolean> {
    let goesOn = true;
    while (goesOn) {
      goesOn = await this.database.transaction((tx) => this.eraseBatch(tx, userId));
    }
    return this.database.run((manager) => manager.existsBy(User, { id: userId, erasedAt: Not(IsNull()) }));
  }

  /**
   * One part of an erasure, for a transaction of its own.
   *
   * @returns whether there is more to do
   */
  async eraseBatch(tx: Transaction, userId: string): Promise<boolean> {
    const { manager } = tx;
    const user = await lockUserDueForErasure(manager, userId);
    if (user === undefined) return false;
    const userIds = await findAllUserIds(manager, userId);
    for (const statement of addressStatements) {
      const [, changed] = await manager.query<[unknown, number]>(statement, [userIds]);
      if (changed === batchSize) return true;
    }
    if (user.status === 'disabled') await this.bans.recordBan(manager, userId, userIds);
    await reassignPendingMerges(manager, userIds, null);
    await manager.delete(Identity, { userId: In(userIds) });
    await manager.delete(Unionid, { userId: In(userIds) });
    await manager.delete(NicknameCheck, { userId: In(userIds) });
    await manager.update(
      User,
      { id: In(userIds) },
      {
        nickname: null,
        profileStaleSince: null,
        phoneSealed: null,
        phoneIndex: null,
        externalId: null,
        consentVersion: null,
        consentAt: null,
        roles: [],
        mergePendingWith: null,
        erasedAt: () => 'now()',
        eraseAt: () => 'CASE WHEN avatar_key IS NOT NULL THEN now() END',
      },
    );
    await this.audit.record(manager, { ...serviceActor, action: 'user.erased', userId });
    await this.webhookMessages.forget(manager, userIds);
    await this.events.record(tx, { type: 'user.deleted', userId });
    return false;
  }
}

/**
 * Locks a user that is due, after the unionids and identities that lead to it: the order of every sign-in. A concurrent
 * sign-in has either cancelled the deletion before, or will find no identity.
 */
async function lockUserDueForErasure(
  manager: EntityManager,
  userId: string,
): Promise<Pick<User, 'status'> | undefined> {
  await manager.query('SELECT FROM unionids WHERE user_id = $1 ORDER BY unionid FOR UPDATE', [userId]);
  await manager.query('SELECT FROM identities WHERE user_id = $1 ORDER BY id FOR UPDATE', [userId]);
  const [user] = await manager.query<Pick<User, 'status'>[]>(
    `SELECT status FROM users
     WHERE id = $1 AND erase_at <= now() AND erased_at IS NULL AND status <> 'merged'
     FOR NO KEY UPDATE`,
    [userId],
  );
  return user;
}
