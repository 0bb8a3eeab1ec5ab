import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import { countLockWaits } from '../harness/database.js';
import type { ServiceNode } from '../harness/node.js';
import { hasPgBouncer, PgBouncer } from '../harness/pgbouncer.js';
import { useWorld } from '../harness/world.js';

const hint = 'DATABASE_NAMED_STATEMENTS=false';
const notReady = {
  status: 503,
  body: { code: 'database_unavailable', details: { database: { status: 'down' } } },
};

describe('connection poolers: named statements', () => {
  const world = useWorld();

  it('that Postgres does not know any more are done without: nobody is refused, and the node is not ready', async () => {
    const node = await world.startNode();
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect((await node.get('/health/ready')).status).toBe(200);
    // As a pooler does between two clients.
    await world.database.query(`
      CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          EXECUTE 'DEALLOCATE ALL';
          RETURN NEW;
        END $$;
      CREATE TRIGGER forget BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION forget()`);
    for (let logins = 0; logins < 3; logins += 1) {
      expect((await world.login(node, 'anna')).status).toBe(200);
    }
    await expect.poll(() => node.get('/health/ready')).toMatchObject(notReady);
    await expect.poll(() => node.output).toContain(hint);
    await world.database.query('DROP FUNCTION forget CASCADE');
  });

  describe.skipIf(!hasPgBouncer)(
    'behind PgBouncer in transaction mode (skipped without pgbouncer on PATH)',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-import-'));
      const file = join(directory, 'users.csv');
      let pooler: PgBouncer;
      beforeAll(async () => {
        writeFileSync(file, 'appid,openid\nwx00000000000000aa,oImported\n');
        pooler = await PgBouncer.start(world.database.url);
      });
      afterAll(async () => {
        await pooler.stop();
        rmSync(directory, { recursive: true });
      });
      const settings = (changes = {}) => ({ DATABASE_URL: pooler.through(world.database.url), ...changes });
      const off = { DATABASE_NAMED_STATEMENTS: 'false' };

      it('are not kept: two nodes say so and are not ready, but log everybody in', async () => {
        const nodes = [await world.startNode(settings()), await world.startNode(settings())];
        for (const node of nodes) {
          await expect.poll(() => node.output).toContain(hint);
          expect(await node.get('/health/ready')).toMatchObject(notReady);
        }
        const logins = Array.from({ length: 30 }, (_, index) =>
          world.loginPatiently(nodes[index % 2]!, `guest-${index % 7}`),
        );
        expect(new Set((await Promise.all(logins)).map(({ status }) => status))).toEqual(new Set([200]));
      });

      it('are cancelled by way of the pooler if the node gives them up', async () => {
        const node = await world.startNode(settings(off));
        await world.login(node, 'lotte');
        await world.hold('SELECT FROM users FOR UPDATE');
        const login = world.login(node, 'lotte');
        await expect.poll(() => countLockWaits(world.database.url)).toBe(1);
        expect(await login).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        await expect.poll(() => countLockWaits(world.database.url)).toBe(0);
      });

      it.each([
        ['doctor', []],
        ['users:import', [file]],
        ['keys:rotate', []],
      ])('are not kept, and %s names the setting', async (command, options) => {
        const { code, stdout, stderr } = await runCommand(command, options, world.environment(settings()));
        expect(code).toBe(1);
        expect(stdout + stderr).toContain(hint);
      });

      it('can be off: two nodes work, and the doctor has nothing to say', async () => {
        const nodes: ServiceNode[] = [];
        for (const _ of [1, 2]) nodes.push(await world.startNode(settings(off)));
        const [one, two] = nodes as [ServiceNode, ServiceNode];
        for (const node of nodes) expect((await node.get('/health/ready')).status).toBe(200);
        const { body } = await world.login(one, 'berta');
        expect((await two.refresh(body.refreshToken)).status).toBe(200);
        await one.as(body.accessToken, 'POST', '/auth/logout');
        await expect.poll(async () => (await two.me(body.accessToken)).status).toBe(401);
        const { code, stdout } = await runCommand('doctor', [], world.environment(settings(off)));
        expect(stdout).not.toContain('✗');
        expect(code).toBe(0);
      });

      it('can be off, and an admin works as without the pooler', async () => {
        const node = await world.startNode(settings(off));
        const admin = await world.createAdmin(node);
        const { id } = (await world.login(node, 'mia')).body.user;
        const audit = () => node.as(admin.accessToken, 'GET', '/admin/audit?limit=1');
        const search = (q: string) => admin.callUsers('POST', 'search', { q, status: 'disabled' });
        await Promise.all(Array.from({ length: 6 }, () => search('Nobody has this name')));
        expect(await admin.callUsers('PATCH', id, { status: 'disabled' })).toMatchObject({ status: 200 });
        expect((await search(id)).body.items).toMatchObject([{ id, status: 'disabled' }]);
        expect((await audit()).body.items).toMatchObject([{ action: 'users.searched' }]);
        expect(await admin.callUsers('GET', id)).toMatchObject({ status: 200, body: { id } });
        expect(await node.as(admin.accessToken, 'GET', '/admin/stats')).toMatchObject({ status: 200 });
      });

      it('can be off, and an import still wants Postgres itself', async () => {
        const { code, stderr } = await runCommand('users:import', [file], world.environment(settings(off)));
        expect(code).toBe(1);
        expect(stderr).toContain('DATABASE_URL naming Postgres itself');
      });

      it('can be off, and a preset that the pooler hides from us is refused all the same', async () => {
        const database = await world.anotherDatabase();
        const { name } = database;
        await database.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
        const node = world.launchNode({ ...off, DATABASE_URL: pooler.through(database.url) });
        expect(await node.exit()).toBe(1);
        expect(node.output).toMatch(
          /default_transaction_isolation \(serializable\).*ALTER ROLE postgres IN DATABASE/,
        );
      });

      it('cannot be reached with options in the URL, and the refusal says what to do instead', async () => {
        const url = `${pooler.through(world.database.url)}?options=-c%20search_path%3Dpublic`;
        const node = world.launchNode({ DATABASE_URL: url, ...off });
        expect(await node.exit()).toBe(1);
        expect(node.output).toContain('refuses the options of DATABASE_URL (08P01)');
        expect(node.output).toContain('ALTER ROLE');
        expect(node.output).not.toContain('Retrying');
      });
    },
  );
});
