import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the operator's search stands on. Each index costs more than its size: an update of `last_login_at`, at
 * most hourly per person, writes a new entry into every index of `users` that has the row. So two indexes have
 * all rows, and the others only the rows that they are about.
 */
export class UserSearch1795219300000 implements MigrationInterface {
  readonly name = 'UserSearch1795219300000';

  async up(runner: QueryRunner): Promise<void> {
    // A trusted extension: whoever may create in the database may install it.
    await runner.query(`CREATE EXTENSION IF NOT EXISTS pg_trgm`);

    // The two orders. Filters that many people pass (active, hasPhone, a large app) are looked at on the way.
    await runner.query(`CREATE INDEX users_created_at_idx ON users (created_at, id)`);
    // Who never logged in came, as it were, before all others: one order, and one comparison to go on from.
    await runner.query(`
      CREATE INDEX users_last_login_at_idx ON users ((coalesce(last_login_at, '-infinity'::timestamptz)), id)`);

    // Few people are anything but active, too few to come across on the way: their own index in either order.
    await runner.query(`
      CREATE INDEX users_status_created_at_idx ON users (status, created_at, id) WHERE status <> 'active'`);
    await runner.query(`
      CREATE INDEX users_status_last_login_at_idx
      ON users (status, (coalesce(last_login_at, '-infinity'::timestamptz)), id) WHERE status <> 'active'`);

    // Exact look-ups; a phone is not unique.
    await runner.query(`
      CREATE INDEX users_phone_index_idx ON users (phone_index) WHERE phone_index IS NOT NULL`);

    // The beginning of a nickname. Trigrams alone would do from a locale and an alphabet that have them.
    await runner.query(`
      CREATE INDEX users_nickname_prefix_idx ON users (lower(nickname) text_pattern_ops)
      WHERE nickname IS NOT NULL`);
    // Anywhere in a nickname. Every search reads the list of pending entries: a short one, 1 MB.
    await runner.query(`
      CREATE INDEX users_nickname_trigram_idx ON users USING gin (lower(nickname) gin_trgm_ops)
      WITH (gin_pending_list_limit = 1024) WHERE nickname IS NOT NULL`);
    // How common a nickname is: the planner takes nothing from what ANALYZE gathers for a partial index.
    await runner.query(`CREATE STATISTICS users_nickname_statistics ON lower(nickname) FROM users`);

    // Takes the place of the index on user_id: tells a person's appids without reading their identities.
    await runner.query(`CREATE INDEX identities_user_id_appid_idx ON identities (user_id, appid)`);
    await runner.query(`DROP INDEX identities_user_id_idx`);
  }

  /** The extension stays: it may have been there before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX identities_user_id_idx ON identities (user_id)`);
    await runner.query(`DROP STATISTICS users_nickname_statistics`);
    await runner.query(`
      DROP INDEX
        users_created_at_idx, users_last_login_at_idx, users_status_created_at_idx,
        users_status_last_login_at_idx, users_phone_index_idx, users_nickname_prefix_idx, users_nickname_trigram_idx, identities_user_id_appid_idx`);
  }
}
