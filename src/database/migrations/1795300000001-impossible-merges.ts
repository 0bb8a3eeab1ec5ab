import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Takes back what an operator was told to merge and cannot: two users with an identity each in one mini-program. */
export class ImpossibleMerges1795300000001 implements MigrationInterface {
  readonly name = 'ImpossibleMerges1795300000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE users SET merge_pending_with = NULL
      WHERE merge_pending_with IS NOT NULL AND EXISTS (
        SELECT FROM identities AS mine JOIN identities AS theirs USING (appid)
        WHERE mine.user_id = users.id AND theirs.user_id = users.merge_pending_with
      )`);
  }

  /** The next login of the younger one tells an earlier version again. */
  async down(): Promise<void> {}
}
