import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A code that logged somebody in, so that the same code posted again is recognised. Unlogged: after a crash of
 * Postgres the table is empty, and a repeat is answered as WeChat answers it.
 */
@Entity('login_codes')
export class LoginCode {
  /** Keyed hash of appid and code: the code itself is stored nowhere. */
  @PrimaryColumn({ type: 'bytea', name: 'code_hash', primaryKeyConstraintName: 'login_codes_pkey' })
  codeHash: Buffer;

  /**
   * Keyed hash of that with the `Idempotency-Key`, or with the network of the address if there is none. Nullable for nodes
   * of the version before, which keep phone codes here without it.
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
