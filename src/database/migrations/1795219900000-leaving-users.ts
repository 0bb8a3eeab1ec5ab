import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex } from '../create-index.js';

/** Who is to be erased, and who was merged into whom. Partial, both: of most users they say nothing. */
export class LeavingUsers1795219900000 implements MigrationInterface {
  readonly name = 'LeavingUsers1795219900000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, 'users_erase_at_idx', 'ON users (erase_at) WHERE erase_at IS NOT NULL');
    await createIndex(
      runner,
      'users_merged_into_idx',
      'ON users (merged_into) WHERE merged_into IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX users_erase_at_idx, users_merged_into_idx`);
  }
}
