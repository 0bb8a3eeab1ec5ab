import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openidOf } from '../../emulator/src/state/identifiers.js';
import { type CommandResult, OperatorCommand, runCommand } from '../harness/command.js';
import { TestDatabase } from '../harness/database.js';
import type { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const nobody = '01a1fc0b-8543-769f-a0a8-36d8f00a7120';

describe('the commands for roles and tokens', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  const run = (name: string, ...options: string[]): Promise<CommandResult> =>
    runCommand(name, options, world.environment());

  async function createUser(name: string): Promise<{ id: string; openid: string }> {
    const { body } = await world.login(node, name);
    const [identity] = await world.database.query<{ openid: string }>(
      'SELECT openid FROM identities WHERE user_id = $1',
      [body.user.id],
    );
    return { id: body.user.id, openid: identity!.openid };
  }

  const stored = async (id: string) => {
    const [user] = await world.database.query('SELECT roles, token_version FROM users WHERE id = $1', [id]);
    return user;
  };

  describe('admin:grant and admin:revoke', () => {
    it('give and take the role admin by id, and the next login has it or not', async () => {
      const { id } = await createUser('anna');
      expect(await run('admin:grant', '--user', id)).toEqual({
        code: 0,
        stdout: `User ${id} now has the role admin.\n`,
        stderr: '',
      });
      expect(decodeJwt((await world.login(node, 'anna')).body.accessToken)).toMatchObject({
        roles: ['admin'],
        ver: 2,
      });
      expect(await run('admin:revoke', '--user', id)).toEqual({
        code: 0,
        stdout: `User ${id} no longer has the role admin. Access tokens that have it are refused within a second.\n`,
        stderr: expect.stringContaining('Nobody can use /admin now'),
      });
      expect(await stored(id)).toEqual({ roles: [], token_version: 3 });
    });

    it('find the user by appid and openid, and do not print the openid', async () => {
      const { id, openid } = await createUser('bert');
      const result = await run(
        'admin:grant',
        '--appid',
        tea.appid,
        '--openid',
        openid,
        '--role',
        'support_2',
      );
      expect(result).toMatchObject({ code: 0, stdout: `User ${id} now has the role support_2.\n` });
      expect(await stored(id)).toEqual({ roles: ['support_2'], token_version: 2 });
    });

    it('read the openid from standard input, where no other user of the machine can see it', async () => {
      const { id, openid } = await createUser('berta');
      const options = ['--appid', tea.appid, '--openid', '-'];
      const command = OperatorCommand.launch('admin:grant', options, world.environment());
      command.process.stdin!.end(`${openid}\n`);

      expect(await command.result()).toEqual({
        code: 0,
        stdout: `User ${id} now has the role admin.\n`,
        stderr: '',
      });
    });

    it('change nothing the second time, and leave tokens as they are', async () => {
      const { id } = await createUser('carl');
      await run('admin:grant', '--user', id);
      expect(await run('admin:grant', '--user', id)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('already'),
      });
      expect(await stored(id)).toEqual({ roles: ['admin'], token_version: 2 });
      expect(await run('admin:revoke', '--user', id, '--role', 'other')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('nothing was changed'),
      });
      expect(await stored(id)).toEqual({ roles: ['admin'], token_version: 2 });
    });

    it('lose nothing when several run at once', async () => {
      const { id } = await createUser('dora');
      await Promise.all(
        ['one', 'two', 'three'].map((role) => run('admin:grant', '--user', id, '--role', role)),
      );
      const { roles, token_version: version } = (await stored(id)) as {
        roles: string[];
        token_version: number;
      };
      expect(roles.toSorted()).toEqual(['one', 'three', 'two']);
      expect(version).toBe(4);
    });

    it('stop at sixteen roles', async () => {
      const { id } = await createUser('emil');
      const sixteen = Array.from({ length: 16 }, (_, index) => `role${index}`);
      await world.database.query('UPDATE users SET roles = $1 WHERE id = $2', [sixteen, id]);
      expect(await run('admin:grant', '--user', id)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('16 roles'),
      });
      expect(await run('admin:grant', '--user', id, '--role', 'role3')).toMatchObject({ code: 0 });
    });

    it('grant nothing to a user who is not active, but revoke', async () => {
      const { id } = await createUser('fred');
      await run('admin:grant', '--user', id);
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [id]);
      expect(await run('admin:grant', '--user', id, '--role', 'other')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'This user is not active but disabled.\n',
      });
      expect(await run('admin:revoke', '--user', id)).toMatchObject({ code: 0 });
    });

    it('say that there is no such user', async () => {
      expect(await run('admin:grant', '--user', nobody)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'There is no user with this id.\n',
      });
      const stranger = await run('admin:revoke', '--appid', tea.appid, '--openid', 'oStranger');
      expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining('let them log in once') });
      expect(stranger.stderr).not.toContain('oStranger');
    });

    it('wait for the first login of the user with --wait', async () => {
      const openid = openidOf(tea.appid, 'not-yet');
      const options = ['--wait', '--appid', tea.appid, '--openid', openid];
      const command = OperatorCommand.launch('admin:grant', options, world.environment());
      await expect.poll(() => command.stderr).toMatch(/^Waiting for the first login[^\n]+\n$/);
      const { id } = await createUser('not-yet');
      expect(await command.result()).toMatchObject({
        code: 0,
        stdout: `User ${id} now has the role admin.\n`,
      });
      expect(await run('admin:grant', ...options)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('already'),
        stderr: '',
      });
    });

    it('say which mini-programs are served if the appid is none of them', async () => {
      const result = await run('admin:grant', '--appid', 'wx00000000000000ff', '--openid', 'oA');
      expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(tea.appid) });
    });

    it('say how they are called', async () => {
      for (const name of ['grant', 'revoke']) {
        const { code, stderr } = await run(`admin:${name}`);
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringMatching(`^[^\n]+ Usage: weapp-auth admin:${name} [^\n]+\n$`),
        });
      }
    });

    it.each<[string, string[]]>([
      ['both', ['--user', nobody, '--appid', tea.appid, '--openid', 'oA']],
      ['an openid without its appid', ['--openid', 'oA']],
      ['an appid without an openid', ['--appid', tea.appid]],
      ['a missing value', ['--user']],
      ['an empty value', ['--user=']],
      ['an option in place of a value', ['--user', '--role', 'admin']],
      ['an id that is none', ['--user', 'anna']],
      ['an unknown option', ['--user', nobody, '--force']],
      ['a wait for an id', ['--user', nobody, '--wait']],
      ['a value without an option', ['oSecretOpenid']],
      ['a role in capitals', ['--user', nobody, '--role', 'Admin']],
      ['a role that begins with a digit', ['--user', nobody, '--role', '1st']],
      ['a role of 33 characters', ['--user', nobody, '--role', 'a'.repeat(33)]],
      ['an empty role', ['--user', nobody, '--role', '']],
    ])('answer %s with one line and code 2', async (_, options) => {
      const { code, stdout, stderr } = await run('admin:grant', ...options);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+ Usage: weapp-auth admin:grant [^\n]+\n$/);
      expect(stderr).not.toContain('oSecretOpenid');
    });
  });

  describe('admin:token', () => {
    it('prints an access token alone, which opens authenticated routes for ten minutes', async () => {
      const { id } = await createUser('gina');
      await run('admin:grant', '--user', id);
      const { code, stdout, stderr } = await run('admin:token', '--user', id);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      const token = stdout.trim();
      world.keepSecret(token);
      const claims = decodeJwt(token);
      expect(claims).toMatchObject({ sub: id, client_id: 'operator', roles: ['admin'], ver: 2 });
      expect(claims.exp! - claims.iat!).toBe(600);
      expect((await node.me(token)).body.id).toBe(id);

      const [session] = await world.database.query(
        `SELECT user_id, identity_id, client_id, session_epoch,
           round(extract(epoch FROM expires_at - created_at))::integer AS life
         FROM sessions WHERE id = $1`,
        [claims['sid']],
      );
      expect(session).toEqual({
        user_id: id,
        identity_id: null,
        client_id: 'operator',
        session_epoch: 1,
        life: 600,
      });
    });

    it('is in the audit: for whom, by which account of which machine, which the user is not told', async () => {
      const { id } = await createUser('gwen');
      const { stdout } = await run('admin:token', '--user', id);
      const token = stdout.trim();
      world.keepSecret(token);
      const entries = await world.database.query(
        `SELECT actor, actor_id, session_id, ip, details FROM audit_events
         WHERE user_id = $1 AND action = 'session.opened_by_operator'`,
        [id],
      );
      const operator = { account: userInfo().username, machine: hostname() };
      const sessionId = decodeJwt(token)['sid'];
      expect(entries).toEqual([
        { actor: 'command', actor_id: null, session_id: sessionId, ip: null, details: { operator } },
      ]);
      const { events } = (
        await node.as((await world.login(node, 'gwen')).body.accessToken, 'GET', '/me/export')
      ).body;
      expect(events).toContainEqual({
        action: 'session.opened_by_operator',
        by: 'operator',
        ip: null,
        sessionId,
        details: {},
        at: expect.any(String),
      });
    });

    it('refuses a user who does not exist or is not active', async () => {
      expect(await run('admin:token', '--user', nobody)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'There is no such user.\n',
      });
      const { id } = await createUser('hans');
      for (const status of ['disabled', 'deleting', 'merged']) {
        await world.database.query('UPDATE users SET status = $1 WHERE id = $2', [status, id]);
        expect(await run('admin:token', '--user', id)).toEqual({
          code: 1,
          stdout: '',
          stderr: `This user is not active but ${status}.\n`,
        });
      }
    });

    it('answers a wrong call with one line and code 2', async () => {
      for (const options of [[], ['--user'], ['--user', 'anna'], ['--openid', 'oA'], [nobody]]) {
        expect(await run('admin:token', ...options)).toEqual({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(/^[^\n]+\n$/),
        });
      }
    });

    it('says that ENCRYPTION_KEYS is not the one that encrypted the signing key', async () => {
      const { id } = await createUser('anna');
      const other = { ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64') };
      expect(await runCommand('admin:token', ['--user', id], world.environment(other))).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('needs a key that ENCRYPTION_KEYS no longer lists'),
      });
    });
  });

  describe('if they cannot work', () => {
    it('list all that is wrong with the settings, and mention npm start', async () => {
      const { code, stderr } = await runCommand('admin:grant', ['--user', nobody], {});
      expect(code).toBe(1);
      for (const name of ['DATABASE_URL', 'WECHAT_APPID', 'ENCRYPTION_KEYS', 'JWT_ISSUER', 'npm start']) {
        expect(stderr).toContain(name);
      }
    });

    it('name the data directory on which they looked for an npm start, since there may be another', async () => {
      const { stderr } = await runCommand('admin:grant', ['--user', nobody], { DATA_DIR: 'elsewhere' });
      expect(stderr).toMatch(/No npm start is running on elsewhere,.*DATA_DIR/);
    });

    it('say in one line that the database is away', async () => {
      const away = world.environment({ DATABASE_URL: 'postgres://weapp:secret@127.0.0.1:1/weapp' });
      expect(await runCommand('admin:grant', ['--user', nobody], away)).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^The database is away: nothing listens at 127\.0\.0\.1:1 [^\n]+\n$/),
      });
    });

    it('neither migrate nor work if a migration is missing, and name it', async () => {
      const database = await TestDatabase.create(world.database.url);
      try {
        for (const name of ['admin:grant', 'admin:token']) {
          const result = await runCommand(
            name,
            ['--user', nobody],
            world.environment({ DATABASE_URL: database.url }),
          );
          expect(result).toMatchObject({ code: 1, stdout: '' });
          expect(result.stderr).toMatch(/^[^\n]*Initial1795219200000[^\n]*either migrates\.\n$/);
        }
        expect(await database.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
      } finally {
        await database.drop();
      }
    });
  });

  describe('migration:show and its sisters', () => {
    /** As the npm script runs it; what a developer's own `.env` would bring in is emptied. */
    async function migrationShow(environment: Record<string, string>): Promise<CommandResult> {
      const project = join(import.meta.dirname, '../..');
      const [tsx, typeorm] = ['tsx/dist/cli.mjs', 'typeorm/cli.js'].map((file) =>
        join(project, 'node_modules', file),
      );
      const child = spawn(process.execPath, [tsx!, typeorm!, 'migration:show', '-d', 'ormconfig.ts'], {
        cwd: project,
        env: { PATH: process.env['PATH'], DATABASE_URL: '', DATA_DIR: '/nowhere', ...environment },
      });
      const output = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
      const [code] = await once(child, 'close');
      return { code, ...output };
    }

    it.each([
      ['is missing', '', /DATABASE_URL is required/],
      ['is not percent-encoded', 'postgres://weapp:winter@Snow#x@127.0.0.1/weapp', /percent-encoded/],
      [
        'leads nowhere',
        'postgres://weapp:winter@127.0.0.1:1/weapp',
        /^The database is away: .*127\.0\.0\.1:1/,
      ],
    ])('say in words that DATABASE_URL %s', async (_, url, words) => {
      const { code, stdout, stderr } = await migrationShow({ DATABASE_URL: url });
      expect(code).toBe(1);
      expect(stderr).toMatch(words);
      expect(stdout + stderr).not.toMatch(/winter|Snow|\n +at /);
    });

    it('work on the database of DATABASE_URL', async () => {
      const { code, stdout } = await migrationShow({ DATABASE_URL: world.database.url });
      expect(stdout).toContain('[X] 1 Initial1795219200000');
      expect(code).toBe(0);
    });
  });

  describe('beside npm start', () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'weapp-auth-commands-'));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    /** What `npm start` leaves while it runs. */
    function publish(name: string, environment: Record<string, string>): void {
      mkdirSync(join(directory, name), { recursive: true });
      const lines = Object.entries(environment).map(([key, value]) => `${key}='${value}'\n`);
      writeFileSync(join(directory, name, 'environment'), lines.join(''));
    }

    const emulated = JSON.stringify([{ appid: 'wxe000000000000001', secret: 'e000000000000001'.repeat(2) }]);

    it('take its settings if the environment names no database, and say so', async () => {
      const { id } = await createUser('anna');
      publish('.data', world.environment({ WECHAT_APPS: emulated }));
      const result = await runCommand('admin:grant', ['--user', id, '--role', 'one'], {}, directory);
      expect(result).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^Settings: those of the running npm start \(.*environment\)\.\n$/),
      });
    });

    it('take them from DATA_DIR, and if the environment names the same database', async () => {
      const { id } = await createUser('anna');
      publish('elsewhere', world.environment({ WECHAT_APPS: emulated }));
      const environment = { DATA_DIR: 'elsewhere', DATABASE_URL: world.database.url };
      expect(
        await runCommand('admin:grant', ['--user', id, '--role', 'two'], environment, directory),
      ).toMatchObject({ code: 0 });
    });

    it('leave them alone if the environment names another database', async () => {
      publish('.data', world.environment());
      const environment = world.environment({ DATABASE_URL: 'postgres://127.0.0.1:1/other' });
      const result = await runCommand('admin:grant', ['--user', nobody], environment, directory);
      expect(result.stderr).toMatch(/^The database is away/);
    });

    it('refuse the apps of the emulator everywhere else', async () => {
      const result = await runCommand(
        'admin:grant',
        ['--user', nobody],
        world.environment({ WECHAT_APPS: emulated }),
      );
      expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('emulator') });
    });
  });
});
