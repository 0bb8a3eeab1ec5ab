import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** WeChat's message push: what was received and is still to be done, and which profiles are stale. */
export class PushMessages1795500000000 implements MigrationInterface {
  readonly name = 'PushMessages1795500000000';

  async up(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`ALTER TABLE users ADD COLUMN profile_stale_since timestamptz(3)`);
    await runner.query(`
      CREATE TABLE push_messages (
        message_hash bytea CONSTRAINT push_messages_pkey PRIMARY KEY,
        event text NOT NULL CONSTRAINT push_messages_event_check
          CHECK (event IN ('user_info_modified', 'user_authorization_revoke', 'user_authorization_cancellation')),
        identity_id uuid CONSTRAINT push_messages_identity_id_fkey REFERENCES identities (id) ON DELETE SET NULL,
        revoke_info integer[] NOT NULL DEFAULT '{}',
        due_at timestamptz(3) NOT NULL DEFAULT now(),
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    // The foreign key looks for it at each deletion of an identity. Few rows name one.
    await runner.query(
      `CREATE INDEX push_messages_identity_id_idx ON push_messages (identity_id) WHERE identity_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX push_messages_created_at_idx ON push_messages (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`DROP TABLE push_messages`);
    await runner.query(`ALTER TABLE users DROP COLUMN profile_stale_since`);
  }
}
