import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { User } from '../user.entity.js';

/** What makes two identities one person. Its primary key puts concurrent logins of that person in a row. */
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
