import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A code that logged a user in. It is kept so that the same code is recognised if it is posted again. The table is unlogged:
 * after a crash of Postgres it is empty, and the answer to a repeat is the one of WeChat.
 */
@Entity('login_codes')
export class LoginCode {
  /** Keyed hash of appid and code: the code itself is stored nowhere. */
  @PrimaryColumn({ type: 'bytea', name: 'code_hash', primaryKeyConstraintName: 'login_codes_pkey' })
  codeHash: Buffer;

  /**
   * Keyed hash of appid, code and the `Idempotency-Key`, or the network of the address if there is no key. Nullable
   * because nodes of the previous version keep phone codes here without it.
   */
  @Column({ type: 'bytea', name: 'post_hash', nullable: true })
  postHash: Buffer | null;

  /** The session that the code opened first. */
  @Column({ type: 'uuid', name: 'session_id' })
  sessionId: string;

  /** Sessions opened with it, the first included. */
  @Column({ type: 'smallint', default: 1 })
  uses: number;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
