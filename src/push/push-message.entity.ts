import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { Identity } from '../users/identities/identity.entity.js';

/** The events that change something here. https://developers.weixin.qq.com/miniprogram/dev/framework/security.html */
export const pushEvents = [
  'user_info_modified',
  'user_authorization_revoke',
  'user_authorization_cancellation',
] as const;
export type PushEvent = (typeof pushEvents)[number];

/**
 * A message push about an identity. A row is the record that the message came, so that a repetition changes nothing; and while
 * it names the identity, it is work that is still to be done.
 */
@Entity('push_messages')
@Check(
  'push_messages_event_check',
  `event IN ('user_info_modified', 'user_authorization_revoke', 'user_authorization_cancellation')`,
)
@Index('push_messages_identity_id_idx', ['identityId'], { where: 'identity_id IS NOT NULL' })
@Index('push_messages_created_at_idx', ['createdAt'])
export class PushMessage {
  /** Keyed hash of what tells a message from others. No openid is stored: the row outlives the identity. */
  @PrimaryColumn({ type: 'bytea', name: 'message_hash', primaryKeyConstraintName: 'push_messages_pkey' })
  messageHash: Buffer;

  @Column({ type: 'text' })
  event: PushEvent;

  /** Null as soon as there is nothing more to do: it was done, or the identity was erased. */
  @Column({ type: 'uuid', name: 'identity_id', nullable: true })
  identityId: string | null;

  @ManyToOne('Identity', { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'identity_id', foreignKeyConstraintName: 'push_messages_identity_id_fkey' })
  identity?: Relation<Identity>;

  /** The numbers of `RevokeInfo`: what the user has withdrawn. */
  @Column({ type: 'integer', array: true, name: 'revoke_info', default: '{}' })
  revokeInfo: number[];

  /** No node takes up the work earlier: another one may be at it. */
  @Column({ type: 'timestamptz', precision: 3, name: 'due_at', default: () => 'now()' })
  dueAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
