import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An operator's number for a person names one user. The index is partial because most users have none, and
 * because it then is no key: writing the number locks out no login, whose session refers to the user.
 */
export class ExternalId1795219400000 implements MigrationInterface {
  readonly name = 'ExternalId1795219400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE UNIQUE INDEX users_external_id_key ON users (external_id) WHERE external_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX users_external_id_key`);
  }
}
