import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A table for phone codes, which were rows of `login_codes` without a `post_hash`.
 *
 * During a rolling update, a node of the version before neither reads nor writes this table. So a phone code that comes to
 * both versions is sent to WeChat twice. That is safe: WeChat accepts a code once, the user has the number of the first
 * answer, and the second request is told `phone_code_invalid` (a login succeeds with that as a warning). What was sent
 * before this migration is copied, so that nodes of this version do not send it again. The old rows stay for the nodes of
 * the version before, and the job of the login codes deletes them after ten minutes.
 */
export class PhoneCodes1795400000000 implements MigrationInterface {
  readonly name = 'PhoneCodes1795400000000';

  async up(runner: QueryRunner): Promise<void> {
    // An outcome is null until WeChat has answered.
    await runner.query(`
      CREATE UNLOGGED TABLE phone_codes (
        code_hash bytea CONSTRAINT phone_codes_pkey PRIMARY KEY,
        outcome text CONSTRAINT phone_codes_outcome_check CHECK (outcome IN ('kept', 'refused')),
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      INSERT INTO phone_codes (code_hash, outcome, created_at)
      SELECT code_hash, CASE uses WHEN 2 THEN 'kept' WHEN 3 THEN 'refused' END, created_at
      FROM login_codes
      WHERE post_hash IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE phone_codes`);
  }
}
