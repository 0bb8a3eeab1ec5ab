import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { User } from '../user.entity.js';

/** A nickname that WeChat has still to check. */
@Entity('nickname_checks')
@Index('nickname_checks_due_at_idx', ['dueAt'])
export class NicknameCheck {
  @PrimaryColumn({ type: 'uuid', name: 'user_id', primaryKeyConstraintName: 'nickname_checks_pkey' })
  userId: string;

  @ManyToOne('User', { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'nickname_checks_user_id_fkey' })
  user?: Relation<User>;

  /** The mini-program in which the user chose it. */
  @Column({ type: 'text' })
  appid: string;

  /** A nickname chosen while WeChat's quota was used up: it becomes visible after the check. */
  @Column({ type: 'text', name: 'waiting_nickname', nullable: true })
  waitingNickname: string | null;

  /** Whether the visible nickname has still to be checked. */
  @Column({ type: 'boolean', name: 'judges_shown', default: true })
  judgesShown: boolean;

  @Column({ type: 'timestamptz', precision: 3, name: 'due_at', default: () => 'now()' })
  dueAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
