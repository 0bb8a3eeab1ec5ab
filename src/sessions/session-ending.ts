import { Injectable } from '@nestjs/common';
import { type AuditEntry, AuditLogService } from '../audit/audit-log.service.js';
import type { Transaction } from '../database/database.js';
import { batchSize } from '../database/delete-outdated.js';
import { RevocationsService } from './revocations.service.js';
import type { RevocationReason } from './sessions.errors.js';

/** Sessions to end, of all that have not ended: an SQL condition, and the values of `$1`, `$2`, … in it. */
export interface SessionSelection {
  condition: string;
  values: unknown[];
}

/** The audit entry of an end, without the user and the session. */
export type EndEntry = Omit<AuditEntry, 'userId' | 'sessionId'>;

/**
 * The only place that ends sessions before their expiry. It writes the end, the revocation, which every node learns, and the
 * audit entry in the transaction of the change that is the reason.
 */
@Injectable()
export class SessionEnding {
  constructor(
    private readonly revocations: RevocationsService,
    private readonly audit: AuditLogService,
  ) {}

  /**
   * Ends one session of a user.
   *
   * @returns whether there was one that had not ended
   */
  async endSession(
    tx: Transaction,
    { id, userId }: { id: string; userId: string },
    reason: RevocationReason,
    entry: EndEntry,
  ): Promise<boolean> {
    const isOfThisEpoch = `session_epoch = (SELECT session_epoch FROM users WHERE users.id = sessions.user_id)`;
    const ended = await this.endSessions(
      tx,
      {
        condition: `id = $1 AND user_id = $2 AND expires_at > now() AND ${isOfThisEpoch}`,
        values: [id, userId],
      },
      reason,
      entry,
    );
    return ended > 0;
  }

  /**
   * Ends the sessions that a condition selects.
   *
   * @param entry for each of them; left out if another entry tells of it
   * @returns how many there were
   */
  async endSessions(
    tx: Transaction,
    { condition, values }: SessionSelection,
    reason: RevocationReason,
    entry?: EndEntry,
  ): Promise<number> {
    const [ended] = await tx.manager.query<[{ sessionId: string; userId: string }[], number]>(
      `UPDATE sessions SET ended_at = now(), ended_reason = $${values.length + 1}
       WHERE ended_at IS NULL AND ${condition}
       RETURNING id AS "sessionId", user_id AS "userId"`,
      [...values, reason],
    );
    for (let at = 0; at < ended.length; at += batchSize) {
      const batch = ended.slice(at, at + batchSize);
      await this.revocations.revoke(tx, ...batch.map(({ sessionId }) => ({ sessionId, reason })));
      if (entry !== undefined) {
        await this.audit.record(tx.manager, ...batch.map((session) => ({ ...entry, ...session })));
      }
    }
    return ended.length;
  }

  /**
   * Ends all sessions of a user whose row the transaction has locked. It writes one row, however many sessions there are:
   * they belong to an epoch that is over.
   */
  async endAllSessions(
    tx: Transaction,
    userId: string,
    reason: RevocationReason,
    ...entries: EndEntry[]
  ): Promise<void> {
    await this.revokeTokens(tx, userId, reason, entries);
  }

  /** Makes the access tokens of a user out of date. The transaction has locked the user's row. The sessions stay active. */
  async outdateTokens(tx: Transaction, userId: string, ...entries: EndEntry[]): Promise<void> {
    await this.revokeTokens(tx, userId, null, entries);
  }

  private async revokeTokens(
    tx: Transaction,
    userId: string,
    reason: RevocationReason | null,
    entries: EndEntry[],
  ): Promise<void> {
    const [[user]] = await tx.manager.query<[[{ minimumVersion: number }], number]>(
      `UPDATE users
       SET
         token_version = token_version + 1,
         session_epoch = session_epoch + CASE WHEN $2::text IS NULL THEN 0 ELSE 1 END,
         sessions_ended_reason = coalesce($2::text, sessions_ended_reason)
       WHERE id = $1
       RETURNING token_version AS "minimumVersion"`,
      [userId, reason],
    );
    await this.revocations.revoke(tx, { userId, ...user, reason });
    await this.audit.record(tx.manager, ...entries.map((entry) => ({ ...entry, userId })));
  }
}
