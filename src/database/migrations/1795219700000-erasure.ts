import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** What the erasure of a person stands on, and what keeps those out who are banned. */
export class Erasure1795219700000 implements MigrationInterface {
  readonly name = 'Erasure1795219700000';

  async up(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`ALTER TABLE users ADD COLUMN erased_at timestamptz(3)`);
    await runner.query(`
      CREATE TABLE banned_identities (
        id uuid CONSTRAINT banned_identities_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT banned_identities_user_id_fkey REFERENCES users,
        sealed text NOT NULL,
        openid_index bytea,
        unionid_index bytea
      )`);
    await runner.query(`CREATE INDEX banned_identities_user_id_idx ON banned_identities (user_id)`);
    await runner.query(`CREATE INDEX banned_identities_openid_index_idx ON banned_identities (openid_index)`);
    await runner.query(
      `CREATE INDEX banned_identities_unionid_index_idx ON banned_identities (unionid_index)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE banned_identities`);
    await runner.query(`ALTER TABLE users DROP COLUMN erased_at`);
  }
}
