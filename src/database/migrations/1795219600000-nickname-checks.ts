import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** Nicknames that WeChat has yet to judge. A table of its own: `users` is large, and has them rarely. */
export class NicknameChecks1795219600000 implements MigrationInterface {
  readonly name = 'NicknameChecks1795219600000';

  async up(runner: QueryRunner): Promise<void> {
    // The foreign key locks users.
    await giveUpSoon(runner);
    await runner.query(`
      CREATE TABLE nickname_checks (
        user_id uuid CONSTRAINT nickname_checks_pkey PRIMARY KEY
          CONSTRAINT nickname_checks_user_id_fkey REFERENCES users ON DELETE CASCADE,
        appid text NOT NULL,
        due_at timestamptz(3) NOT NULL DEFAULT now(),
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX nickname_checks_due_at_idx ON nickname_checks (due_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE nickname_checks`);
  }
}
