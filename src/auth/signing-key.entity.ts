import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The public half of a signing key as RFC 7517 writes it. */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

/** A key pair that signs access tokens. */
@Entity('signing_keys')
export class SigningKey {
  /** Thumbprint of the public key (RFC 7638). */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  /** PKCS#8 in PEM, sealed; the associated data is `kid`. */
  @Column({ type: 'text', name: 'private_key_sealed' })
  privateKeySealed: string;

  @Column({ type: 'jsonb', name: 'public_jwk' })
  publicJwk: PublicJwk;

  @Column({ type: 'timestamptz', precision: 3, name: 'active_from', default: () => 'now()' })
  activeFrom: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'retired_at', nullable: true })
  retiredAt: Date | null;
}
