import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Web clients that wait for a user to scan their code. Nodes of the version before do not serve them. */
export class Scans1795900000000 implements MigrationInterface {
  readonly name = 'Scans1795900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE scans (
        id uuid CONSTRAINT scans_pkey PRIMARY KEY,
        client_id text NOT NULL,
        device_code_hash bytea NOT NULL,
        scene_hash bytea NOT NULL,
        user_code_hash bytea NOT NULL,
        status text NOT NULL DEFAULT 'pending'
          CONSTRAINT scans_status_check CHECK (status IN ('pending', 'scanned', 'approved', 'denied', 'used')),
        user_id uuid,
        session_epoch integer,
        ip text NOT NULL,
        network text NOT NULL,
        user_agent text,
        started_entry_id bigint,
        polled_at timestamptz(3),
        decided_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL
      )`);
    for (const code of ['device_code', 'scene', 'user_code']) {
      await runner.query(`CREATE UNIQUE INDEX scans_${code}_hash_idx ON scans (${code}_hash)`);
    }
    await runner.query(`CREATE INDEX scans_network_idx ON scans (network)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE scans`);
  }
}
