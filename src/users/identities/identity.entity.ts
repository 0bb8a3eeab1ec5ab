import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import type { User } from '../user.entity.js';

/** One session_key of WeChat, encrypted. */
export interface StoredSessionKey {
  /** `FieldCipher` text; the associated data is `appid|openid`. */
  sealed: string;
  /** Keyed hash in base64url, to compare keys: encrypting one key twice gives two texts. */
  fingerprint: string;
  /** When WeChat gave it to us, ISO 8601. */
  at: string;
}

/** A user in one mini-program: their openid there. */
@Entity('identities')
@Unique('identities_appid_openid_key', ['appid', 'openid'])
@Index('identities_user_id_appid_idx', ['userId', 'appid'])
export class Identity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'identities_pkey' })
  id: string;

  @Column({ type: 'text' })
  appid: string;

  @Column({ type: 'text' })
  openid: string;

  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @ManyToOne('User')
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'identities_user_id_fkey' })
  user?: Relation<User>;

  /** The same for all mini-programs of one Open Platform account; absent if the app is bound to none. */
  @Column({ type: 'text', nullable: true })
  unionid: string | null;

  /** At most three, all different, the newest first. */
  @Column({ type: 'jsonb', name: 'session_keys', default: '[]' })
  sessionKeys: StoredSessionKey[];

  @Column({ type: 'timestamptz', precision: 3, name: 'linked_at', default: () => 'now()' })
  linkedAt: Date;
}
