import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { User } from '../user.entity.js';

/** A user who chose a nickname while WeChat could not be asked: it is still to be judged. */
@Entity('nickname_checks')
@Index('nickname_checks_due_at_idx', ['dueAt'])
export class NicknameCheck {
  @PrimaryColumn({ type: 'uuid', name: 'user_id', primaryKeyConstraintName: 'nickname_checks_pkey' })
  userId: string;

  @ManyToOne('User', { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'nickname_checks_user_id_fkey' })
  user?: Relation<User>;

  /** The mini-program through which they chose it. */
  @Column({ type: 'text' })
  appid: string;

  /** What they chose while WeChat's quota was used up: nobody sees it before it is judged. */
  @Column({ type: 'text', name: 'waiting_nickname', nullable: true })
  waitingNickname: string | null;

  /** Whether the nickname that everybody sees is still to be judged. */
  @Column({ type: 'boolean', name: 'judges_shown', default: true })
  judgesShown: boolean;

  @Column({ type: 'timestamptz', precision: 3, name: 'due_at', default: () => 'now()' })
  dueAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
