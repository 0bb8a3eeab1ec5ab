import { DataSource } from 'typeorm';
import { describe, expect, it, inject } from 'vitest';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { migrate } from '../../src/database/migrate.js';
import { schema } from '../../src/schema.js';
import { TestDatabase } from '../harness/database.js';

describe('the database schema', () => {
  async function withDatabase(
    work: (options: ReturnType<typeof dataSourceOptions>) => Promise<void>,
  ): Promise<void> {
    const database = await TestDatabase.create(inject('postgresUrl'));
    try {
      await work(dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 }));
    } finally {
      await database.drop();
    }
  }

  it('is the same in the migrations and in the entities', async () => {
    await withDatabase(async (options) => {
      await migrate(options);
      const dataSource = await new DataSource(options).initialize();
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      await dataSource.destroy();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    });
  });

  it('can be taken back, migration by migration, and made again', async () => {
    await withDatabase(async (options) => {
      await migrate(options);
      const dataSource = await new DataSource(options).initialize();
      for (const _ of schema.migrations) await dataSource.undoLastMigration();
      const left = await dataSource.query(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'weapp_auth_migrations'`,
      );
      await dataSource.destroy();
      expect(left).toEqual([]);
      await migrate(options);
    });
  });

  it.each(['repeatable read', 'serializable'])(
    'is made if the database presets %s: the lock of the migrations does not wait for itself',
    async (isolation) => {
      const database = await TestDatabase.create(inject('postgresUrl'));
      const { name } = database;
      await database.query(`ALTER DATABASE ${name} SET default_transaction_isolation = '${isolation}'`);
      try {
        const options = dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 });
        await Promise.all([migrate(options), migrate(options)]);
        expect(await database.count('weapp_auth_migrations')).toBe(schema.migrations.length);
      } finally {
        await database.drop();
      }
    },
  );

  it('waits for a long reader without stopping everybody else', async () => {
    await withDatabase(async (options) => {
      const migrations = schema.migrations.filter(({ name }) => !/^(SessionsThatEnd|PhoneCodes)/.test(name));
      await migrate({ ...options, migrations });
      const dataSource = await new DataSource(options).initialize();
      const reader = dataSource.createQueryRunner();
      await reader.startTransaction();
      await reader.query('SELECT FROM sessions');
      const migration = migrate(options);
      const lockWaits = () =>
        dataSource.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
      await expect.poll(lockWaits).not.toHaveLength(0);
      // Queues up behind the migration, which gives up in time.
      await dataSource.query('SELECT FROM sessions');
      await reader.rollbackTransaction();
      await reader.release();
      await migration;
      expect(await dataSource.query('SELECT ended_reason FROM sessions')).toEqual([]);
      await dataSource.destroy();
    });
  });

  it('builds the indexes of users pending deletion while users log in and other nodes wait to migrate', async () => {
    await withDatabase(async (options) => {
      const migrations = schema.migrations.filter(({ name }) => !/^(LeavingUsers|PendingMerges)/.test(name));
      await migrate({ ...options, migrations });
      const dataSource = await new DataSource(options).initialize();
      const writer = dataSource.createQueryRunner();
      await writer.startTransaction();
      await writer.query(`INSERT INTO users (id) VALUES (gen_random_uuid())`);
      const nodes = Promise.all([migrate(options), migrate(options), migrate(options)]);
      const building = () =>
        dataSource.query(`SELECT FROM pg_stat_progress_create_index WHERE command LIKE '%CONCURRENTLY'`);
      await expect.poll(building).not.toHaveLength(0);
      // Neither waits for the index, though the index waits for the writer.
      await dataSource.query(`INSERT INTO users (id) VALUES (gen_random_uuid())`);
      await writer.commitTransaction();
      await writer.release();
      await nodes;
      const valid = await dataSource.query(
        `SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
         WHERE indisvalid AND relname IN ('users_erase_at_idx', 'users_merged_into_idx')`,
      );
      await dataSource.destroy();
      expect(valid).toHaveLength(2);
    });
  });

  it('takes back only those pending merges that can never be done', async () => {
    await withDatabase(async (options) => {
      const migrations = schema.migrations.filter(({ name }) => !name.startsWith('ImpossibleMerges'));
      await migrate({ ...options, migrations });
      const dataSource = await new DataSource(options).initialize();
      await dataSource.query(`
        INSERT INTO users (id) SELECT uuid(rpad('', 31, '0') || n) FROM generate_series(1, 4) AS n;
        UPDATE users SET merge_pending_with = uuid(translate(id::text, '1234', '2143'));
        INSERT INTO identities (id, appid, openid, user_id)
        SELECT gen_random_uuid(), CASE WHEN id::text LIKE '%4' THEN 'cake' ELSE 'tea' END, id::text, id FROM users`);
      await migrate(options);
      const pending = await dataSource.query(
        `SELECT right(id::text, 1) AS user, right(merge_pending_with::text, 1) AS with FROM users ORDER BY id`,
      );
      await dataSource.destroy();
      expect(pending).toEqual([
        { user: '1', with: null },
        { user: '2', with: null },
        { user: '3', with: '4' },
        { user: '4', with: '3' },
      ]);
    });
  });

  it('keeps what is known of the phone codes that a version before has sent to WeChat', async () => {
    await withDatabase(async (options) => {
      const migrations = schema.migrations.filter(({ name }) => !name.startsWith('PhoneCodes'));
      await migrate({ ...options, migrations });
      const dataSource = await new DataSource(options).initialize();
      await dataSource.query(`
        INSERT INTO login_codes (code_hash, post_hash, session_id, uses, created_at) VALUES
          ('pending', NULL, gen_random_uuid(), 1, now() - interval '1 minute'),
          ('kept', NULL, gen_random_uuid(), 2, now() - interval '1 minute'),
          ('refused', NULL, gen_random_uuid(), 3, now() - interval '1 minute'),
          ('a login', 'post', gen_random_uuid(), 2, now())`);
      await migrate(options);
      const codes = await dataSource.query(
        `SELECT convert_from(code_hash, 'UTF8') AS code, outcome, created_at < now() - interval '50 seconds' AS old
         FROM phone_codes ORDER BY code`,
      );
      await dataSource.destroy();
      expect(codes).toEqual([
        { code: 'kept', outcome: 'kept', old: true },
        { code: 'pending', outcome: null, old: true },
        { code: 'refused', outcome: 'refused', old: true },
      ]);
    });
  });

  it('leaves room for updates in place where logins update, and logs no codes', async () => {
    await withDatabase(async (options) => {
      await migrate(options);
      const dataSource = await new DataSource(options).initialize();
      const roomy = await dataSource.query(
        `SELECT relname FROM pg_class WHERE 'fillfactor=70' = ANY (reloptions) ORDER BY 1`,
      );
      const unlogged = await dataSource.query(
        `SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY 1`,
      );
      await dataSource.destroy();
      expect(roomy).toEqual([{ relname: 'identities' }, { relname: 'sessions' }]);
      expect(unlogged).toEqual([{ relname: 'login_codes' }, { relname: 'phone_codes' }]);
    });
  });
});
