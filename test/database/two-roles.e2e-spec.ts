import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { TestDatabase } from '../harness/database.js';
import { guideBlock } from '../harness/guide.js';
import { useWorld } from '../harness/world.js';

const guide = 'postgres.md';
/** What a URL would take for a border of its parts, and what SQL would. */
const password = `p@ss:w/o?r#d %x"'`;

describe('a role that migrates and a role that runs, as in the guide', () => {
  const world = useWorld();
  const role = (of: string, database: TestDatabase) => `${database.name}_${of}`;

  function urlOf(of: string, database: TestDatabase): string {
    const url = new URL(database.url);
    url.username = role(of, database);
    url.password = encodeURIComponent(password);
    return url.href;
  }

  async function run(databaseUrl: string, statements: string): Promise<void> {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await client.query(statements);
    } finally {
      await client.end();
    }
  }

  /** The database of the guide, under names of its own. */
  async function makeDatabase(): Promise<TestDatabase> {
    const database = await world.anotherDatabase();
    const names = {
      weapp_migrate: role('migrate', database),
      weapp_run: role('run', database),
    };
    world.keepSecret(password);
    const roles = guideBlock(guide, 'sql', 'CREATE ROLE weapp_run', {
      ...names,
      '…': password.replaceAll("'", "''"),
    });
    for (const statement of roles.split(';\n').filter((text) => text.startsWith('CREATE ROLE'))) {
      await database.query(statement);
    }
    await database.query(`ALTER DATABASE ${database.name} OWNER TO ${names.weapp_migrate}`);
    await run(urlOf('migrate', database), guideBlock(guide, 'sql', 'ALTER DEFAULT PRIVILEGES', names));
    onTestFinished(async () => {
      await database.drop();
      await world.database.query(`DROP ROLE ${names.weapp_migrate}; DROP ROLE ${names.weapp_run}`);
    });
    return database;
  }

  it('serve users, without a right to change tables, whatever is in their passwords', async () => {
    const database = await makeDatabase();
    const migrated = await runCommand(
      'migrate',
      [],
      world.environment({ DATABASE_URL: urlOf('migrate', database) }),
    );
    expect(migrated).toMatchObject({ code: 0 });

    const node = await world.startNode({ DATABASE_URL: urlOf('run', database) });
    const { body } = await world.login(node, 'anna');
    expect((await node.get('/health/ready')).status).toBe(200);
    expect((await node.refresh(body.refreshToken)).status).toBe(200);
    expect((await node.as(body.accessToken, 'DELETE', '/me')).status).toBe(202);
    const erased = await runCommand(
      'users:erase',
      [body.user.id],
      world.environment({ DATABASE_URL: urlOf('run', database) }),
    );
    expect(erased).toMatchObject({ code: 0 });
    await expect(run(urlOf('run', database), 'CREATE TABLE more (id int)')).rejects.toThrow(
      'permission denied for schema public',
    );
    await node.stop();
  });

  it('do not start before the migrations have run, and say so', async () => {
    const database = await makeDatabase();
    const node = world.launchNode({ DATABASE_URL: urlOf('run', database) });
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain('run npm run migrate with the role that migrates');
  });
});
