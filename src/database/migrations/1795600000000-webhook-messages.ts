import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A table for the events that webhooks are sent. A node of the version before writes none: what it changes during a rolling
 * update is not told.
 */
export class WebhookMessages1795600000000 implements MigrationInterface {
  readonly name = 'WebhookMessages1795600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_messages (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT webhook_messages_pkey PRIMARY KEY,
        webhook text NOT NULL,
        message_id uuid NOT NULL,
        user_id uuid NOT NULL,
        type text NOT NULL,
        data jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        due_at timestamptz(3) NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        settled_at timestamptz(3)
      )`);
    await runner.query(`CREATE INDEX webhook_messages_user_id_idx ON webhook_messages (user_id)`);
    await runner.query(`
      CREATE INDEX webhook_messages_waiting_idx ON webhook_messages (webhook, user_id, id) WHERE settled_at IS NULL`);
    await runner.query(`
      CREATE INDEX webhook_messages_due_idx ON webhook_messages (webhook, due_at, id) WHERE settled_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE webhook_messages`);
  }
}
