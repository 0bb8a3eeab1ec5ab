import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn, type Relation, JoinColumn } from 'typeorm';
import type { RevocationReason } from '../sessions/sessions.errors.js';

export const userStatuses = ['active', 'disabled', 'deleting', 'merged'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** A user, with identities in one or more mini-programs. */
@Entity('users')
@Check('users_status_check', `status IN ('active', 'disabled', 'deleting', 'merged')`)
@Index('users_external_id_key', ['externalId'], { unique: true, where: 'external_id IS NOT NULL' })
@Index('users_admins_idx', ['id'], { where: `'admin' = ANY (roles)` })
@Index('users_created_at_idx', ['createdAt', 'id'])
@Index('users_erase_at_idx', ['eraseAt'], { where: 'erase_at IS NOT NULL' })
@Index('users_merged_into_idx', ['mergedInto'], { where: 'merged_into IS NOT NULL' })
@Index('users_merge_pending_with_idx', ['mergePendingWith'], { where: 'merge_pending_with IS NOT NULL' })
// Partial, or over expressions, which TypeORM cannot compare: the migration has their definitions.
@Index('users_last_login_at_idx', { synchronize: false })
@Index('users_status_created_at_idx', { synchronize: false })
@Index('users_status_last_login_at_idx', { synchronize: false })
@Index('users_phone_index_idx', { synchronize: false })
@Index('users_nickname_prefix_idx', { synchronize: false })
@Index('users_nickname_trigram_idx', { synchronize: false })
export class User {
  /** UUIDv7, made by the service: sorts by time of creation. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'users_pkey' })
  id: string;

  @Column({ type: 'text', default: 'active' })
  status: UserStatus;

  @Column({ type: 'text', name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'disabled_until', nullable: true })
  disabledUntil: Date | null;

  /** When the user will be erased. Stays after the erasure, or is set by a merge, until the file of the avatar is removed. */
  @Column({ type: 'timestamptz', precision: 3, name: 'erase_at', nullable: true })
  eraseAt: Date | null;

  /** When the user was erased. */
  @Column({ type: 'timestamptz', precision: 3, name: 'erased_at', nullable: true })
  erasedAt: Date | null;

  /** The user into which this one was merged. */
  @Column({ type: 'uuid', name: 'merged_into', nullable: true })
  mergedInto: string | null;

  /** A user with the same unionid, if an admin has to decide whether to merge the two. */
  @Column({ type: 'uuid', name: 'merge_pending_with', nullable: true })
  mergePendingWith: string | null;

  @ManyToOne('User')
  @JoinColumn({ name: 'merged_into', foreignKeyConstraintName: 'users_merged_into_fkey' })
  mergedIntoUser?: Relation<User> | null;

  @Column({ type: 'text', array: true, default: '{}' })
  roles: string[];

  /** Access tokens carry it as `ver` and must equal it. */
  @Column({ type: 'integer', name: 'token_version', default: 1 })
  tokenVersion: number;

  /** Sessions carry it and must equal it: raising it ends all of them in one row. */
  @Column({ type: 'integer', name: 'session_epoch', default: 1 })
  sessionEpoch: number;

  /** Why it was raised the last time. */
  @Column({ type: 'text', name: 'sessions_ended_reason', nullable: true })
  sessionsEndedReason: RevocationReason | null;

  @Column({ type: 'text', nullable: true })
  nickname: string | null;

  @Column({ type: 'text', name: 'avatar_key', nullable: true })
  avatarKey: string | null;

  /** When WeChat said that nickname or avatar there are others now; null since the user has chosen one here again. */
  @Column({ type: 'timestamptz', precision: 3, name: 'profile_stale_since', nullable: true })
  profileStaleSince: Date | null;

  /** E.164, encrypted. */
  @Column({ type: 'text', name: 'phone_sealed', nullable: true })
  phoneSealed: string | null;

  /** Keyed hash of the phone number, to find it by. */
  @Column({ type: 'bytea', name: 'phone_index', nullable: true })
  phoneIndex: Buffer | null;

  /** The operator's own id for this user; unique. */
  @Column({ type: 'text', name: 'external_id', nullable: true })
  externalId: string | null;

  @Column({ type: 'text', name: 'consent_version', nullable: true })
  consentVersion: string | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'consent_at', nullable: true })
  consentAt: Date | null;

  /** Updated at most once an hour: it is for sorting, not for an audit. */
  @Column({ type: 'timestamptz', precision: 3, name: 'last_login_at', nullable: true })
  lastLoginAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
