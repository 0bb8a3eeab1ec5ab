import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** The actions in the audit log. */
export const auditActions = [
  'session.login_repeated',
  'session.opened_by_operator',
  'session.logout',
  'session.refresh_token_reused',
  'session.ended_over_limit',
  'scan.started',
  'scan.looked_at',
  'scan.approved',
  'scan.denied',
  'user.logout_all',
  'user.kicked',
  'user.disabled',
  'user.enabled',
  'user.roles_changed',
  'user.merged',
  'user.merge_pending',
  'user.unionid_conflict',
  'user.identity_linked',
  'user.identity_unlinked',
  'user.nickname_rejected',
  'user.authorization_revoked',
  'user.authorization_cancelled',
  'user.deletion_requested',
  'user.restored',
  'user.erased',
  'user.viewed',
  'user.exported',
  'users.searched',
  'users.imported',
  'keys.rotated',
  'webhook.undelivered',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who acts: a signed-in user (`person`), a command, or the service itself. */
export const auditActors = ['person', 'command', 'service'] as const;
export type AuditActor = (typeof auditActors)[number];

/** An entry of the audit log, append-only. Never contains an openid, a phone number or a nickname. */
@Entity('audit_events')
@Index('audit_events_user_id_idx', ['userId', 'id'])
@Index('audit_events_action_idx', ['action', 'id'])
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_events_pkey',
  })
  id: string;

  @Column({ type: 'text' })
  action: AuditAction;

  @Column({ type: 'text' })
  actor: AuditActor;

  /** The user who did it. */
  @Column({ type: 'uuid', name: 'actor_id', nullable: true })
  actorId: string | null;

  /** The user to whom it was done. */
  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  userId: string | null;

  @Column({ type: 'uuid', name: 'session_id', nullable: true })
  sessionId: string | null;

  /** Where the request came from. */
  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ type: 'jsonb', default: {} })
  details: object;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
