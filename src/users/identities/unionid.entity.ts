import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { User } from '../user.entity.js';

/** Which user a unionid leads to. Concurrent logins with the same unionid wait for each other at the primary key. */
@Entity('unionids')
@Index('unionids_user_id_idx', ['userId'])
export class Unionid {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'unionids_pkey' })
  unionid: string;

  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @ManyToOne('User')
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'unionids_user_id_fkey' })
  user?: Relation<User>;
}
