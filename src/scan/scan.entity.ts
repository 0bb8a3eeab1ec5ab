import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What became of a scan. `scanned`: a user looks at it, and nobody else can any more. `used`: it was approved, and the client
 * has got its tokens.
 */
export type ScanStatus = 'pending' | 'scanned' | 'approved' | 'denied' | 'used';

/**
 * A web client that waits for a user to scan its code (RFC 8628). All of its codes are stored as hashes. A row is deleted
 * soon after it has expired.
 */
@Entity('scans')
@Check('scans_status_check', `status IN ('pending', 'scanned', 'approved', 'denied', 'used')`)
@Index('scans_network_idx', ['network'])
export class Scan {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'scans_pkey' })
  id: string;

  @Column({ type: 'text', name: 'client_id' })
  clientId: string;

  /** SHA-256: the code has 256 random bits. */
  @Index('scans_device_code_hash_idx', { unique: true })
  @Column({ type: 'bytea', name: 'device_code_hash' })
  deviceCodeHash: Buffer;

  /** SHA-256: the scene has 128 random bits. */
  @Index('scans_scene_hash_idx', { unique: true })
  @Column({ type: 'bytea', name: 'scene_hash' })
  sceneHash: Buffer;

  /** A keyed hash: all user codes could be tried in minutes. */
  @Index('scans_user_code_hash_idx', { unique: true })
  @Column({ type: 'bytea', name: 'user_code_hash' })
  userCodeHash: Buffer;

  @Column({ type: 'text', default: 'pending' })
  status: ScanStatus;

  /** The user who looked at it first. */
  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  userId: string | null;

  /** Their `session_epoch` when they approved. If they have another one, their sessions were ended after that. */
  @Column({ type: 'integer', name: 'session_epoch', nullable: true })
  sessionEpoch: number | null;

  /** The address of the client. */
  @Column({ type: 'text' })
  ip: string;

  /** The address, or the /64 of it: what the limit counts. */
  @Column({ type: 'text' })
  network: string;

  /** The browser. */
  @Column({ type: 'text', name: 'user_agent', nullable: true })
  userAgent: string | null;

  /** The audit entry of its start, which has the address. It becomes an entry of the user who approves. */
  @Column({ type: 'bigint', name: 'started_entry_id', nullable: true })
  startedEntryId: string | null;

  /** When the client last asked for tokens. */
  @Column({ type: 'timestamptz', precision: 3, name: 'polled_at', nullable: true })
  polledAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'decided_at', nullable: true })
  decidedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  expiresAt: Date;
}
