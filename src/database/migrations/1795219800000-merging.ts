import type { MigrationInterface, QueryRunner } from 'typeorm';
import { giveUpSoon } from '../migrate.js';

/** Whom a user seems to be, too, where an operator has to decide. */
export class Merging1795219800000 implements MigrationInterface {
  readonly name = 'Merging1795219800000';

  async up(runner: QueryRunner): Promise<void> {
    await giveUpSoon(runner);
    await runner.query(`ALTER TABLE users ADD COLUMN merge_pending_with uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE users DROP COLUMN merge_pending_with`);
  }
}
