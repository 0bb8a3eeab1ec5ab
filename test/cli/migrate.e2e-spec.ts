import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { TestDatabase } from '../harness/database.js';
import { useWorld } from '../harness/world.js';

const done = {
  code: 0,
  stdout: 'The database is up to date: all migrations of this version have run.\n',
  stderr: '',
};

describe('weapp-auth migrate', () => {
  const world = useWorld();
  let database: TestDatabase;
  beforeEach(async () => {
    database = await world.anotherDatabase();
  });

  const migrate = (databaseUrl = database.url) => runCommand('migrate', [], { DATABASE_URL: databaseUrl });
  const migrations = () => database.query('SELECT name FROM weapp_auth_migrations ORDER BY id');

  it('brings an empty database up to date, with no setting but DATABASE_URL', async () => {
    expect(await migrate()).toEqual(done);

    const { stderr } = await runCommand(
      'admin:grant',
      ['--user', '01a1fc0b-8543-769f-a0a8-36d8f00a7120'],
      world.environment({ DATABASE_URL: database.url }),
    );
    expect(stderr).toBe('There is no user with this id.\n');
  });

  it('changes nothing the second time', async () => {
    await migrate();
    const before = await migrations();
    expect(await migrate()).toEqual(done);
    expect(await migrations()).toEqual(before);
  });

  it('can run beside others, and beside nodes that start', async () => {
    const [node, ...results] = await Promise.all([
      world.startNode({ DATABASE_URL: database.url }),
      migrate(),
      migrate(),
    ]);
    expect(results).toEqual([done, done]);
    expect((await node.get('/health/ready')).status).toBe(200);
  });

  it('says in one line that the database is away', async () => {
    expect(await migrate('postgres://weapp:secret@127.0.0.1:1/weapp')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The database is away: nothing listens at 127\.0\.0\.1:1 [^\n]+\n$/),
    });
  });

  it('says that DATABASE_URL is missing, and asks for nothing else', async () => {
    const { code, stdout, stderr } = await runCommand('migrate', [], {});
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('DATABASE_URL');
    expect(stderr).not.toContain('WECHAT_APPID');
  });

  it('names what the role lacks', async () => {
    await database.query(`CREATE ROLE reader LOGIN PASSWORD 'reader'`);
    try {
      const url = new URL(database.url);
      url.username = 'reader';
      url.password = 'reader';
      expect(await migrate(url.href)).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^Postgres at [^\n]+ does not allow this to reader \(42501\)\.[^\n]+\n$/,
        ),
      });
    } finally {
      await database.query('DROP ROLE reader');
    }
  });
});
