import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditLogService, serviceActor } from '../../audit/audit-log.service.js';

/** An identity with a unionid that a login or an import claims for it. */
export interface ClaimedIdentity {
  appid: string;
  openid: string;
  unionid: string;
}

/**
 * Unionids that cannot be true. One person has one openid per mini-program, so two openids of one mini-program are
 * never one user, whatever a file, a proxy or WeChat's answer says.
 */
@Injectable()
export class UnionidConflicts {
  readonly #logger = new Logger(UnionidConflicts.name);

  constructor(private readonly audit: AuditLogService) {}

  /** Whether the user has another openid in the same mini-program with the same unionid. Such a unionid proves nothing. */
  async isContradicted(manager: EntityManager, userId: string, claimed: ClaimedIdentity): Promise<boolean> {
    const { appid, openid, unionid } = claimed;
    const others = await manager.query<unknown[]>(
      'SELECT FROM identities WHERE user_id = $1 AND appid = $2 AND openid <> $3 AND unionid = $4 LIMIT 1',
      [userId, appid, openid, unionid],
    );
    return others.length > 0;
  }

  /** Whether the user has another openid in that mini-program. */
  async isPlaceTaken(
    manager: EntityManager,
    userId: string,
    { appid, openid }: Pick<ClaimedIdentity, 'appid' | 'openid'>,
  ): Promise<boolean> {
    const others = await manager.query<unknown[]>(
      'SELECT FROM identities WHERE user_id = $1 AND appid = $2 AND openid <> $3 LIMIT 1',
      [userId, appid, openid],
    );
    return others.length > 0;
  }

  /** Records and logs that a unionid leads to a user who cannot be this one. Recorded once per pair. */
  async record(manager: EntityManager, userId: string, ownerId: string): Promise<void> {
    const known = await manager.query<unknown[]>(
      `SELECT FROM audit_events
       WHERE user_id = $1 AND action = 'user.unionid_conflict' AND details ->> 'with' = $2 LIMIT 1`,
      [userId, ownerId],
    );
    if (known.length > 0) return;
    for (const [user, other] of [
      [userId, ownerId],
      [ownerId, userId],
    ] as const) {
      const details = { with: other };
      await this.audit.record(manager, {
        ...serviceActor,
        action: 'user.unionid_conflict',
        userId: user,
        details,
      });
    }
    this.#logger.warn(
      `User ${userId} came with a unionid that leads to user ${ownerId}, but both have an openid in one mini-program. One person has one openid there, so they stay two users. Is a proxy in front of WeChat, or did an import bring wrong unionids? See "Two openids in one mini-program" in docs/guides/several-apps.md.`,
    );
  }
}
