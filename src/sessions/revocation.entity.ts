import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { RevocationReason } from './sessions.errors.js';

/**
 * What the guard of every node has to learn: a session has ended, or a user's tokens below a version are of no
 * use any more. Kept until the last token concerned has expired.
 */
@Entity('revocations')
@Index('revocations_transaction_id_idx', ['transactionId', 'id'])
export class Revocation {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'revocations_pkey',
  })
  id: string;

  /** Which transaction wrote it. Rows become visible in the order of commits, which that of `id` is not. */
  @Column({ type: 'bigint', name: 'transaction_id' })
  transactionId: string;

  /** The session that has ended; else `userId` and `minimumVersion` say what has. */
  @Column({ type: 'uuid', name: 'session_id', nullable: true })
  sessionId: string | null;

  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  userId: string | null;

  /** The lowest `ver` of the user's tokens that is still good. */
  @Column({ type: 'integer', name: 'minimum_version', nullable: true })
  minimumVersion: number | null;

  /** Why the sessions have ended; null where they go on, and only their tokens are out of date. */
  @Column({ type: 'text', nullable: true })
  reason: RevocationReason | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  expiresAt: Date;
}
