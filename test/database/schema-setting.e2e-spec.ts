import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { migrate } from '../../src/database/migrate.js';
import { schema } from '../../src/schema.js';
import { runCommand } from '../harness/command.js';
import type { TestDatabase } from '../harness/database.js';
import { useWorld } from '../harness/world.js';

const world = useWorld();

/** Which schemas have a table. */
async function schemasWith(database: TestDatabase, table: string): Promise<unknown[]> {
  const rows = await database.query(
    `SELECT schemaname AS schema FROM pg_tables WHERE tablename = $1 ORDER BY 1`,
    [table],
  );
  return rows.map((row) => row['schema']);
}

/** A database in which another application has tables with the names of ours. */
async function sharedDatabase(): Promise<TestDatabase> {
  const database = await world.anotherDatabase();
  await database.query(`
    CREATE TABLE users (id serial PRIMARY KEY, email text);
    INSERT INTO users (email) VALUES ('a@example.com');
    CREATE TABLE migrations (id serial PRIMARY KEY, timestamp bigint, name varchar);
    INSERT INTO migrations (timestamp, name) VALUES (1, 'Shop1')`);
  return database;
}

describe('DATABASE_SCHEMA', () => {
  it('is made by whichever node starts first, and holds all tables', async () => {
    const database = await sharedDatabase();
    const changes = { DATABASE_URL: database.url, DATABASE_SCHEMA: 'weapp' };
    const [node] = await Promise.all([1, 2, 3].map(() => world.startNode(changes)));
    expect((await world.login(node!, 'anna')).status).toBe(200);
    expect((await node!.get('/health/ready')).status).toBe(200);
    expect(await schemasWith(database, 'sessions')).toEqual(['weapp']);
    expect(await schemasWith(database, 'weapp_auth_migrations')).toEqual(['weapp']);
    expect(await database.count('weapp.users')).toBe(1);
  });

  it('leaves the tables of others in public as they are', async () => {
    const database = await sharedDatabase();
    await world.startNode({ DATABASE_URL: database.url, DATABASE_SCHEMA: 'weapp' });
    expect(await database.query('SELECT email FROM users')).toEqual([{ email: 'a@example.com' }]);
    expect(await database.query('SELECT name FROM migrations')).toEqual([{ name: 'Shop1' }]);
  });

  it.each(['public', 'extensions'])('works with pg_trgm in the schema %s', async (place) => {
    const database = await world.anotherDatabase();
    await database.query(`CREATE SCHEMA IF NOT EXISTS ${place}; CREATE EXTENSION pg_trgm SCHEMA ${place}`);
    const node = await world.startNode({ DATABASE_URL: database.url, DATABASE_SCHEMA: 'weapp' });
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect(await schemasWith(database, 'users')).toEqual(['weapp']);
  });

  it('is not up to date for a command because another schema is', async () => {
    const database = await world.anotherDatabase();
    // pg_trgm, and so the schema public on the search path, comes with a service of its own there.
    await (await world.startNode({ DATABASE_URL: database.url })).stop();
    await database.query('CREATE SCHEMA weapp');
    const environment = world.environment({ DATABASE_URL: database.url, DATABASE_SCHEMA: 'weapp' });
    const { code, stderr } = await runCommand('keys:reencrypt', [], environment);
    expect(code).toBe(1);
    expect(stderr).toContain('The database is not up to date: Initial1795219200000, ');
  });

  it('that cannot be made stops the start with the command that makes it', async () => {
    const database = await world.anotherDatabase();
    await database.query(
      `DROP ROLE IF EXISTS tenant_without_rights; CREATE ROLE tenant_without_rights LOGIN PASSWORD 'tenant'`,
    );
    onTestFinished(() => void database.query('DROP OWNED BY tenant_without_rights CASCADE'));
    const url = new URL(database.url);
    url.username = 'tenant_without_rights';
    url.password = 'tenant';
    const changes = { DATABASE_URL: url.href, DATABASE_SCHEMA: 'weapp' };
    const refused = world.launchNode(changes);
    expect(await refused.exit()).toBe(1);
    const [command] = /CREATE SCHEMA .*;/.exec(refused.output)!;
    expect(command).toBe('CREATE SCHEMA "weapp" AUTHORIZATION tenant_without_rights;');
    await database.query(`${command} CREATE EXTENSION pg_trgm`);
    const node = await world.startNode(changes);
    expect((await world.login(node, 'anna')).status).toBe(200);
    await node.stop();
  });

  it.each(['Weapp', 'pg_weapp', '1a', 'a-b', 'a"b', 'a'.repeat(64)])('cannot be %s', async (name) => {
    const node = world.launchNode({ DATABASE_SCHEMA: name });
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain('DATABASE_SCHEMA must be a name of a schema');
  });
});

describe('a database that another application uses', () => {
  it('is refused in one sentence if its tables have the names of ours', async () => {
    const database = await sharedDatabase();
    const node = world.launchNode({ DATABASE_URL: database.url });
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain('has tables of another application with the names of ours: users.');
    expect(node.output).toContain('DATABASE_SCHEMA=weapp');
    expect(await schemasWith(database, 'weapp_auth_migrations')).toEqual([]);
  });

  it('keeps its own table of migrations, whatever columns that has', async () => {
    const database = await world.anotherDatabase();
    await database.query(`CREATE TABLE migrations (version text); INSERT INTO migrations VALUES ('7')`);
    const node = await world.startNode({ DATABASE_URL: database.url });
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect(await database.query('SELECT * FROM migrations')).toEqual([{ version: '7' }]);
  });
});

describe('the list of migrations of an earlier version', () => {
  /** As versions before had it: TypeORM's default table. */
  async function oldDatabase(): Promise<TestDatabase> {
    const database = await world.anotherDatabase();
    const options = dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 });
    const old = await new DataSource({
      ...options,
      migrations: schema.migrations.slice(0, -1),
      migrationsTableName: 'migrations',
    }).initialize();
    await old.runMigrations({ transaction: 'each' });
    await old.destroy();
    return database;
  }

  it('is taken over, and only what is missing is run', async () => {
    const database = await oldDatabase();
    const node = await world.startNode({ DATABASE_URL: database.url });
    expect((await node.get('/health/ready')).status).toBe(200);
    expect(await database.count('weapp_auth_migrations')).toBe(schema.migrations.length);
  });

  it('stays as it is for nodes of that version', async () => {
    const database = await oldDatabase();
    const before = await database.query('SELECT * FROM migrations');
    const options = dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 });
    await Promise.all([migrate(options), migrate(options)]);
    expect(await database.query('SELECT * FROM migrations')).toEqual(before);
  });

  it('is taken over without the rows of another application', async () => {
    const database = await oldDatabase();
    await database.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Shop1')`);
    await migrate(dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 }));
    expect(await database.query(`SELECT name FROM weapp_auth_migrations WHERE name = 'Shop1'`)).toEqual([]);
  });
});
