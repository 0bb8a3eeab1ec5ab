import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { EventType } from '../config/event-types.js';

/**
 * An event for one webhook. It is written in the transaction of what it tells, and that transaction has locked the user
 * before: so the ids of a user's messages are in the order of the commits.
 */
@Entity('webhook_messages')
@Index('webhook_messages_user_id_idx', ['userId'])
@Index('webhook_messages_waiting_idx', ['webhook', 'userId', 'id'], { where: 'settled_at IS NULL' })
@Index('webhook_messages_due_idx', ['webhook', 'dueAt', 'id'], { where: 'settled_at IS NULL' })
export class WebhookMessage {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'webhook_messages_pkey',
  })
  id: string;

  /** The URL. */
  @Column({ type: 'text' })
  webhook: string;

  /** The header `webhook-id`, the same in every attempt. */
  @Column({ type: 'uuid', name: 'message_id' })
  messageId: string;

  /** The user with whose other messages it stays in order. After a merge, the user that stays. */
  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @Column({ type: 'text' })
  type: EventType;

  @Column({ type: 'jsonb' })
  data: object;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Not tried before. During an attempt: when another node may try, as this one must have died. */
  @Column({ type: 'timestamptz', precision: 3, name: 'due_at', default: () => 'now()' })
  dueAt: Date;

  /** Attempts that have begun. */
  @Column({ type: 'integer', default: 0 })
  attempts: number;

  /** When it was delivered or given up. Null while it waits. */
  @Column({ type: 'timestamptz', precision: 3, name: 'settled_at', nullable: true })
  settledAt: Date | null;
}
