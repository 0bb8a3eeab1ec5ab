import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { TestDatabase } from '../harness/database.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { useWorld } from '../harness/world.js';

/** What a server, a database or a role may say for every session that does not say otherwise. */
const presets = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Shanghai',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  array_nulls: 'off',
  row_security: 'off',
  gin_fuzzy_search_limit: '1',
  // Long enough for a connection to be set up on a slow machine.
  statement_timeout: '5s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '5s',
  idle_session_timeout: '5s',
};

async function preset(database: TestDatabase, name: string, value: string): Promise<void> {
  await database.query(`ALTER DATABASE ${database.name} SET ${name} = ${value}`);
}

describe('database presets: a database', () => {
  const world = useWorld();

  /** What a refused start and the doctor say; both end with 1. */
  async function refusalsOf(databaseUrl: string): Promise<string[]> {
    const node = world.launchNode({ DATABASE_URL: databaseUrl });
    const [exit, doctor] = await Promise.all([
      node.exit(),
      runCommand('doctor', [], world.environment({ DATABASE_URL: databaseUrl })),
    ]);
    expect([exit, doctor.code]).toEqual([1, 1]);
    const [fault = ''] = doctor.stdout.split('\n').filter((line) => line.startsWith('✗ database: '));
    const lastLine = node.output.trim().split('\n').at(-1)!;
    expect(lastLine).toMatch(/^The service did not start\. /);
    return [lastLine, fault];
  }

  it('whose presets are all otherwise than usual is migrated, and works on none of them', async () => {
    const database = await world.anotherDatabase();
    for (const [name, value] of Object.entries(presets)) await preset(database, name, `'${value}'`);
    const node = await world.startNode({ DATABASE_URL: database.url });
    await database.query(`
      CREATE TABLE seen (name text, value text);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO seen SELECT name, current_setting(name) FROM pg_settings;
          RETURN NEW;
        END $$;
      CREATE TRIGGER look BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION look()`);

    // Dates, arrays, bytes and names go both ways.
    const { status, body } = await world.login(node, 'anna');
    expect(status).toBe(200);
    expect(body.user.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await node.refresh(body.refreshToken)).status).toBe(200);
    const nickname = '小明👨‍👩‍👧‍👦\\';
    expect((await node.as(body.accessToken, 'PATCH', '/me', { nickname })).body.nickname).toBe(nickname);
    await database.query(`UPDATE users SET roles = '{admin}'`);
    const { accessToken } = (await world.login(node, 'anna')).body;
    const found = await node.as(accessToken, 'POST', '/admin/users/search', { q: '小明' });
    expect(found.body.items).toMatchObject([{ id: body.user.id, createdAt: body.user.createdAt }]);
    expect((await node.as(accessToken, 'POST', '/auth/logout/all')).status).toBe(204);
    expect((await node.me(accessToken)).status).toBe(401);
    expect((await node.get('/health/ready')).status).toBe(200);

    const inherited = await database.query(
      'SELECT DISTINCT name FROM seen JOIN json_each_text($1) AS preset ON key = name AND preset.value = seen.value',
      [JSON.stringify(presets)],
    );
    expect(inherited).toEqual([]);
    const names = await database.query('SELECT DISTINCT name FROM seen WHERE name = ANY ($1)', [
      Object.keys(presets),
    ]);
    expect(names).toHaveLength(Object.keys(presets).length);
  });

  it.each(['LATIN1', 'EUC_CN', 'SQL_ASCII'])(
    'in %s is refused, with the command that makes one',
    async (encoding) => {
      const database = await world.anotherDatabase(`ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
      for (const refusal of await refusalsOf(database.url)) {
        expect(refusal).toContain(`is encoded in ${encoding}`);
        const [command] = /CREATE DATABASE weapp .*;/.exec(refusal)!;
        const name = `${database.name}_utf8`;
        await database.query(command.replace('weapp', name));
        await database.query(`DROP DATABASE ${name}`);
      }
      expect(await database.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
    },
  );

  it('whose pg_trgm lies in a schema off the path is refused, and the command named mends it', async () => {
    const database = await world.anotherDatabase();
    await database.query('CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions');
    const refusals = await refusalsOf(database.url);
    for (const refusal of refusals) expect(refusal).toContain('pg_trgm lies in the schema extensions');
    await database.query(/ALTER ROLE .*;/.exec(refusals[0]!)![0]);
    const node = await world.startNode({ DATABASE_URL: database.url });
    expect((await world.login(node, 'berta')).status).toBe(200);
    await database.query(`ALTER ROLE postgres IN DATABASE ${database.name} RESET search_path`);
  });

  it('whose URL has a search_path without pg_trgm is refused, and the option named mends it', async () => {
    const database = await world.anotherDatabase();
    await database.query('CREATE SCHEMA app; CREATE EXTENSION pg_trgm');
    const [refusal] = await refusalsOf(`${database.url}?options=-c%20search_path%3Dapp`);
    const [, options] = /write (options=\S+) into DATABASE_URL/.exec(refusal!)!;
    const node = await world.startNode({ DATABASE_URL: `${database.url}?${options}` });
    expect((await world.login(node, 'clara')).status).toBe(200);
    const [table] = await database.query(`SELECT schemaname FROM pg_tables WHERE tablename = 'users'`);
    expect(table).toEqual({ schemaname: 'app' });
  });

  it('whose search_path leads nowhere is refused in words', async () => {
    const database = await world.anotherDatabase();
    await preset(database, 'search_path', 'nowhere');
    for (const refusal of await refusalsOf(database.url)) expect(refusal).toContain('search_path (nowhere)');
  });

  describe('behind a pooler', () => {
    /** A pooler makes up the process id that it gives its clients, for requests to cancel. */
    async function throughPooler(database: TestDatabase): Promise<string> {
      const proxy = await TcpProxy.start(Number(new URL(database.url).port));
      onTestFinished(() => proxy.stop());
      proxy.rewrite = (chunk) => {
        const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
        if (at !== -1) chunk.writeInt32BE(-1, at + 5);
        return chunk;
      };
      return proxy.through(database.url);
    }

    it('has presets that cannot be overruled: they are refused, and the command named mends them', async () => {
      const database = await world.anotherDatabase();
      await preset(database, 'DateStyle', "'German, DMY'");
      await preset(database, 'default_transaction_isolation', "'repeatable read'");
      const url = await throughPooler(database);
      const refusals = await refusalsOf(url);
      for (const refusal of refusals) expect(refusal).toContain('connection pooler');
      await database.query(/ALTER ROLE .*;/.exec(refusals[0]!)![0]);
      const node = await world.startNode({ DATABASE_URL: url });
      expect((await world.login(node, 'dora')).status).toBe(200);
      await database.query(`ALTER ROLE postgres IN DATABASE ${database.name} RESET ALL`);
    });

    it('works if it presets nothing that matters', async () => {
      const database = await world.anotherDatabase();
      await preset(database, 'DateStyle', "'ISO, YMD'");
      await preset(database, 'TimeZone', "'Asia/Shanghai'");
      const node = await world.startNode({ DATABASE_URL: await throughPooler(database) });
      expect((await world.login(node, 'emil')).status).toBe(200);
    });
  });
});
