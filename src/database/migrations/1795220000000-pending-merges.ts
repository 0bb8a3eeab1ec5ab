import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex } from '../create-index.js';

/** Who waits for an operator together with a user that goes. Partial: of most users it says nothing. */
export class PendingMerges1795220000000 implements MigrationInterface {
  readonly name = 'PendingMerges1795220000000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await createIndex(
      runner,
      'users_merge_pending_with_idx',
      'ON users (merge_pending_with) WHERE merge_pending_with IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX users_merge_pending_with_idx`);
  }
}
