import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** What ends sessions before their time, and the books that tell of it. */
export class SessionsThatEnd1795219500000 implements MigrationInterface {
  readonly name = 'SessionsThatEnd1795219500000';

  async up(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`ALTER TABLE sessions ADD COLUMN ended_reason text`);
    // Nullable: nodes of the version before go on writing rows without it while this one is being deployed.
    await runner.query(`ALTER TABLE login_codes ADD COLUMN post_hash bytea`);
    await runner.query(`ALTER TABLE users ADD COLUMN sessions_ended_reason text`);
    // Read by the transaction that wrote a row: rows become visible in the order of commits, not of their ids.
    await runner.query(`
      CREATE TABLE revocations (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT revocations_pkey PRIMARY KEY,
        transaction_id bigint NOT NULL,
        session_id uuid,
        user_id uuid,
        minimum_version integer,
        reason text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX revocations_transaction_id_idx ON revocations (transaction_id, id)`);
    // No foreign keys: what is said here of a user or a session outlives them.
    await runner.query(`
      CREATE TABLE audit_events (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_events_pkey PRIMARY KEY,
        action text NOT NULL,
        actor text NOT NULL,
        actor_id uuid,
        user_id uuid,
        session_id uuid,
        ip text,
        details jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX audit_events_user_id_idx ON audit_events (user_id, id)`);
    await runner.query(`CREATE INDEX audit_events_action_idx ON audit_events (action, id)`);
    await runner.query(`
      CREATE TABLE login_stats (
        day date NOT NULL,
        appid text NOT NULL,
        outcome text NOT NULL,
        logins bigint NOT NULL DEFAULT 0,
        new_users bigint NOT NULL DEFAULT 0,
        CONSTRAINT login_stats_pkey PRIMARY KEY (day, appid, outcome)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE login_stats, audit_events, revocations`);
    await runner.query(`ALTER TABLE users DROP COLUMN sessions_ended_reason`);
    await runner.query(`ALTER TABLE login_codes DROP COLUMN post_hash`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN ended_reason`);
  }
}
