import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** What became of a phone code that was sent to WeChat. */
export type PhoneCodeOutcome = 'kept' | 'refused';

/**
 * A code of the getPhoneNumber button that a node has sent to WeChat, so that no node sends it again. Unlogged: after a
 * crash of Postgres the table is empty, and WeChat refuses a code that comes again.
 */
@Entity('phone_codes')
@Check('phone_codes_outcome_check', `outcome IN ('kept', 'refused')`)
export class PhoneCode {
  /** Keyed hash of appid and code: the code itself is stored nowhere. */
  @PrimaryColumn({ type: 'bytea', name: 'code_hash', primaryKeyConstraintName: 'phone_codes_pkey' })
  codeHash: Buffer;

  /** Null until WeChat has answered. */
  @Column({ type: 'text', nullable: true })
  outcome: PhoneCodeOutcome | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
