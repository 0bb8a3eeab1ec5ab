import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the few events of one kind among all others. */
export class AuditByAction1795219510000 implements MigrationInterface {
  readonly name = 'AuditByAction1795219510000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX audit_events_action_idx ON audit_events (action, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX audit_events_action_idx`);
  }
}
