import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** Nicknames that nobody sees before WeChat has judged them. */
export class WaitingNicknames1795300300000 implements MigrationInterface {
  readonly name = 'WaitingNicknames1795300300000';

  async up(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`
      ALTER TABLE nickname_checks
        ADD COLUMN waiting_nickname text,
        ADD COLUMN judges_shown boolean NOT NULL DEFAULT true`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM nickname_checks WHERE NOT judges_shown`);
    await runner.query(`ALTER TABLE nickname_checks DROP COLUMN waiting_nickname, DROP COLUMN judges_shown`);
  }
}
