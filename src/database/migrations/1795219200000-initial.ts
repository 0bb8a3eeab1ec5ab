import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables that a login touches, and the signing keys. */
export class Initial1795219200000 implements MigrationInterface {
  readonly name = 'Initial1795219200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT users_pkey PRIMARY KEY,
        status text NOT NULL DEFAULT 'active'
          CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled', 'deleting', 'merged')),
        disabled_reason text,
        disabled_until timestamptz(3),
        erase_at timestamptz(3),
        merged_into uuid CONSTRAINT users_merged_into_fkey REFERENCES users,
        roles text[] NOT NULL DEFAULT '{}',
        token_version integer NOT NULL DEFAULT 1,
        session_epoch integer NOT NULL DEFAULT 1,
        nickname text,
        avatar_key text,
        phone_sealed text,
        phone_index bytea,
        external_id text,
        consent_version text,
        consent_at timestamptz(3),
        last_login_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    // Room left in every page lets updates of columns without an index stay in their page (heap-only tuples).
    await runner.query(`
      CREATE TABLE identities (
        id uuid CONSTRAINT identities_pkey PRIMARY KEY,
        appid text NOT NULL,
        openid text NOT NULL,
        user_id uuid NOT NULL CONSTRAINT identities_user_id_fkey REFERENCES users,
        unionid text,
        session_keys jsonb NOT NULL DEFAULT '[]',
        linked_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT identities_appid_openid_key UNIQUE (appid, openid)
      ) WITH (fillfactor = 70)`);
    await runner.query(`CREATE INDEX identities_user_id_idx ON identities (user_id)`);
    await runner.query(`
      CREATE TABLE unionids (
        unionid text CONSTRAINT unionids_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT unionids_user_id_fkey REFERENCES users
      )`);
    await runner.query(`CREATE INDEX unionids_user_id_idx ON unionids (user_id)`);
    await runner.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT sessions_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users,
        identity_id uuid,
        client_id text NOT NULL,
        session_epoch integer NOT NULL,
        refresh_hash bytea NOT NULL,
        generation integer NOT NULL DEFAULT 0,
        rotated_at timestamptz(3) NOT NULL DEFAULT now(),
        ip text,
        user_agent text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3)
      ) WITH (fillfactor = 70)`);
    await runner.query(`CREATE INDEX sessions_user_id_idx ON sessions (user_id)`);
    await runner.query(`
      CREATE UNLOGGED TABLE login_codes (
        code_hash bytea CONSTRAINT login_codes_pkey PRIMARY KEY,
        session_id uuid NOT NULL,
        uses smallint NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
        private_key_sealed text NOT NULL,
        public_jwk jsonb NOT NULL,
        active_from timestamptz(3) NOT NULL DEFAULT now(),
        retired_at timestamptz(3)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE signing_keys, login_codes, sessions, unionids, identities, users`);
  }
}
