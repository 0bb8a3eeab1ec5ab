import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { RevocationReason } from './sessions.errors.js';

/** One signed-in phone, and the record of its login. Read and written by primary key. */
@Entity('sessions')
@Index('sessions_user_id_idx', ['userId'])
export class Session {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  // By name, because the class is on a higher floor.
  @ManyToOne('User')
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sessions_user_id_fkey' })
  user?: Relation<object>;

  /** The identity that logged in. No foreign key: the record outlives an identity that is unlinked. */
  @Column({ type: 'uuid', name: 'identity_id', nullable: true })
  identityId: string | null;

  /** The appid, as the access token's `client_id`. */
  @Column({ type: 'text', name: 'client_id' })
  clientId: string;

  /** The user's `session_epoch` at login. If the user has another one now, this session has ended. */
  @Column({ type: 'integer', name: 'session_epoch' })
  sessionEpoch: number;

  /** SHA-256 of the refresh token's random part. */
  @Column({ type: 'bytea', name: 'refresh_hash' })
  refreshHash: Buffer;

  /** How often the refresh token was rotated. */
  @Column({ type: 'integer', default: 0 })
  generation: number;

  @Column({ type: 'timestamptz', precision: 3, name: 'rotated_at', default: () => 'now()' })
  rotatedAt: Date;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ type: 'text', name: 'user_agent', nullable: true })
  userAgent: string | null;

  /** The time of the login. A repeat of its code opens a session of the same time. */
  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  /** Last login or refresh. */
  @Column({ type: 'timestamptz', precision: 3, name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  expiresAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column({ type: 'text', name: 'ended_reason', nullable: true })
  endedReason: RevocationReason | null;
}
