import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex } from '../create-index.js';

/** Who may use /admin: asked whenever an admin is to lose that, so that one is left. Partial: hardly anybody may. */
export class Admins1795300000000 implements MigrationInterface {
  readonly name = 'Admins1795300000000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, 'users_admins_idx', `ON users (id) WHERE 'admin' = ANY (roles)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX users_admins_idx`);
  }
}
