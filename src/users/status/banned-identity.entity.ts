import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { User } from '../user.entity.js';

/** An identity or a unionid of a user that was erased while disabled. */
@Entity('banned_identities')
@Index('banned_identities_user_id_idx', ['userId'])
@Index('banned_identities_openid_index_idx', ['openidIndex'])
@Index('banned_identities_unionid_index_idx', ['unionidIndex'])
export class BannedIdentity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'banned_identities_pkey' })
  id: string;

  /** The erased user; its row has the reason and the end of the ban. */
  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @ManyToOne('User')
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'banned_identities_user_id_fkey' })
  user?: Relation<User>;

  /** `FieldCipher` text of a `BannedUser`; the associated data is the id. */
  @Column({ type: 'text' })
  sealed: string;

  /** Keyed hash of appid and openid, to find it by. */
  @Column({ type: 'bytea', name: 'openid_index', nullable: true })
  openidIndex: Buffer | null;

  /** Keyed hash of the unionid. */
  @Column({ type: 'bytea', name: 'unionid_index', nullable: true })
  unionidIndex: Buffer | null;
}
