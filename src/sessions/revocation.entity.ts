import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { RevocationReason } from './sessions.errors.js';

/**
 * A revocation, which the guard of every node has to learn: a session has ended, or a user's tokens below a version are
 * refused. It is kept until the last token that it concerns has expired.
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

  /** The transaction that wrote it. Rows become visible in the order of the commits, not in the order of `id`. */
  @Column({ type: 'bigint', name: 'transaction_id' })
  transactionId: string;

  /** The ended session; if it is null, `userId` and `minimumVersion` say which tokens are revoked. */
  @Column({ type: 'uuid', name: 'session_id', nullable: true })
  sessionId: string | null;

  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  userId: string | null;

  /** The lowest `ver` of the user's tokens that is still accepted. */
  @Column({ type: 'integer', name: 'minimum_version', nullable: true })
  minimumVersion: number | null;

  /** The reason for which the sessions ended; null if they stay active, and only their tokens are out of date. */
  @Column({ type: 'text', nullable: true })
  reason: RevocationReason | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  expiresAt: Date;
}
