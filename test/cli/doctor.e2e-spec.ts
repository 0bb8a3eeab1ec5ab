import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import { TestDatabase } from '../harness/database.js';
import { guideBlock } from '../harness/guide.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

interface Diagnosis {
  code: number | null;
  output: string;
  lines: string[];
  /** Lines that tell of a fault. */
  faults: string[];
}

describe('npm run doctor', () => {
  const world = useWorld();
  beforeAll(async () => {
    // Migrates, and makes the signing key.
    const node = await world.startNode();
    await node.stop();
  });

  async function diagnose(changes: Record<string, string | undefined> = {}): Promise<Diagnosis> {
    const { code, stdout, stderr } = await runCommand('doctor', [], world.environment(changes));
    expect(stderr).toBe('');
    for (const { secret } of [tea, cake, alone]) expect(stdout).not.toContain(secret);
    expect(stdout).not.toContain(world.encryptionKey);
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => !/^[✓✗–] [^:]+: /.test(line))).toEqual([]);
    return { code, output: stdout, lines, faults: lines.filter((line) => line.startsWith('✗')) };
  }

  it('finds everything in order', async () => {
    const { code, lines } = await diagnose();
    expect(code).toBe(0);
    expect(lines.every((line) => line.startsWith('✓'))).toBe(true);
    expect(lines.map((line) => line.slice(2).split(':')[0])).toEqual([
      'settings',
      'database',
      'Postgres',
      'migrations',
      'ENCRYPTION_KEYS',
      'openids',
      'clock, beside the database',
      'WeChat',
      'clock, beside WeChat',
      `${tea.appid} (Tea), appid and secret`,
      `${tea.appid} (Tea), login`,
      `${cake.appid} (Cake), appid and secret`,
      `${cake.appid} (Cake), login`,
      `${alone.appid}, appid and secret`,
      `${alone.appid}, login`,
    ]);
  });

  it('names every fault of the settings', async () => {
    const { code, faults, lines } = await diagnose({
      DATABASE_URL: undefined,
      JWT_ISSUER: 'nowhere',
      ACCESS_TOKEN_TTL: 'long',
    });
    expect(code).toBe(1);
    for (const name of ['DATABASE_URL', 'JWT_ISSUER', 'ACCESS_TOKEN_TTL']) {
      expect(faults.filter((fault) => fault.startsWith(`✗ settings: ${name} `))).toHaveLength(1);
    }
    expect(faults).toHaveLength(3);
    expect(lines.at(-1)).toContain('npm start');
  });

  it.each([
    ['postgres://weapp:winter@Snow2026#x@127.0.0.1:3305/d', /percent-encoded/],
    ['postgres://weapp:winter/Snow2026@127.0.0.1:3305/d', /percent-encoded/],
    ['postgres://weapp:winterSnow2026@one,two/d', /several hosts/],
    ['postgres://weapp:winterSnow2026@127.0.0.1/d?schema=app', /query parameter schema/],
  ])(
    'and the start say in words what is wrong with DATABASE_URL, and quote no password',
    async (url, words) => {
      const node = world.launchNode({ DATABASE_URL: url });
      const [{ code, faults, output }, exit] = await Promise.all([
        diagnose({ DATABASE_URL: url }),
        node.exit(),
      ]);
      expect([code, exit]).toEqual([1, 1]);
      expect(faults).toEqual([expect.stringMatching(words)]);
      expect(node.output).toMatch(words);
      expect(output + node.output).not.toMatch(/winter|Snow|2026/);
    },
  );

  describe('with a .env from Windows', () => {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-windows-'));
    const file = join(directory, '.env');
    afterAll(() => rmSync(directory, { recursive: true }));

    /** As the whole environment stands in the file. */
    async function diagnoseWith(content: Buffer | string): Promise<string> {
      writeFileSync(file, content);
      const { PATH = '' } = world.environment();
      return (await runCommand('doctor', [], { PATH }, directory)).stdout;
    }
    const lines = () =>
      Object.entries(world.environment())
        .map(([name, value]) => `${name}='${value}'\r\n`)
        .join('');

    it('reads it in spite of a byte order mark', async () => {
      const output = await diagnoseWith(`\uFEFF${lines()}`);
      expect(output).toContain('✓ settings: ');
      expect(output).not.toContain('✗');
    });

    it.each([
      ['UTF-16', () => Buffer.from(`\uFEFF${lines()}`, 'utf16le'), 'UTF-16'],
      ['GBK', () => Buffer.concat([Buffer.from(lines()), Buffer.from([0x23, 0xb2, 0xe8])]), 'GBK'],
    ])('names the file if it is in %s', async (_, content, words) => {
      const output = await diagnoseWith(content());
      expect(output).toMatch(new RegExp(`✗ settings: \\.env .*${words}.*save it as UTF-8`));
    });
  });

  describe('of the database, says that', () => {
    it.each<[string, (url: URL) => void, string]>([
      ['nothing listens there', (url) => (url.port = '1'), 'nothing listens at 127.0.0.1:1 '],
      [
        'there is no such machine',
        (url) => (url.hostname = 'postgres.invalid'),
        'no machine named postgres.invalid',
      ],
      ['the password is wrong', (url) => (url.password = 'wrong-password'), 'Correct user and password'],
      ['there is no such database', (url) => (url.pathname = '/elsewhere'), 'has no database elsewhere'],
    ])('%s, and looks at WeChat all the same', async (_, change, words) => {
      const url = new URL(world.database.url);
      change(url);
      const { code, faults, output } = await diagnose({ DATABASE_URL: url.href });
      expect(code).toBe(1);
      expect(faults).toEqual([expect.stringContaining(words)]);
      expect(faults[0]).toMatch(/^✗ database: /);
      expect(output).toContain('✓ WeChat');
      expect(output).not.toContain(url.password);
    });

    it('migrations are missing, by name', async () => {
      const database = await TestDatabase.create(world.database.url);
      try {
        const { code, faults } = await diagnose({ DATABASE_URL: database.url });
        expect(code).toBe(1);
        expect(faults).toEqual([
          expect.stringMatching(/^✗ migrations: Initial1795219200000, \w+.* has not run\. Start the service/),
        ]);
      } finally {
        await database.drop();
      }
    });

    it('one migration is missing', async () => {
      await world.database.query(`ALTER TABLE weapp_auth_migrations RENAME TO migrations_kept`);
      await world.database.query(
        `CREATE TABLE weapp_auth_migrations AS SELECT * FROM migrations_kept WHERE name LIKE 'Initial%'`,
      );
      try {
        const { faults } = await diagnose();
        expect(faults).toHaveLength(1);
        expect(faults[0]).toContain('ExternalId1795219400000');
        expect(faults[0]).not.toContain('Initial');
      } finally {
        await world.database.query(`DROP TABLE weapp_auth_migrations`);
        await world.database.query(`ALTER TABLE migrations_kept RENAME TO weapp_auth_migrations`);
      }
    });

    it('ENCRYPTION_KEYS is not the one that encrypted the signing key', async () => {
      const { code, faults } = await diagnose({ ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64') });
      expect(code).toBe(1);
      expect(faults).toEqual([
        expect.stringMatching(/^✗ ENCRYPTION_KEYS: .*add the old key after the new one/),
      ]);
    });

    it('a user has two openids in one mini-program, by id, until they are parted as the guide says', async () => {
      const node = await world.startNode();
      const admin = await world.createAdmin(node);
      const first = await world.login(node, 'otto');
      const second = await world.login(node, 'paul');
      const { id } = first.body.user;
      const moved = await world.database.query<{ openid: string }>(
        'UPDATE identities SET user_id = $1 WHERE user_id = $2 RETURNING openid',
        [id, second.body.user.id],
      );
      const { openid } = moved[0]!;
      await world.database.query('UPDATE unionids SET user_id = $1 WHERE user_id = $2', [
        id,
        second.body.user.id,
      ]);
      expect((await world.login(node, 'paul')).body.user.id, 'two people in one user').toBe(id);

      const { code, faults, output } = await diagnose();
      expect(code).toBe(1);
      expect(faults).toEqual([
        expect.stringMatching(/^✗ openids: 1 user has two .*"Two openids in one mini-program"/),
      ]);
      expect(faults[0]).toContain(id);
      expect(output).not.toContain(openid);

      await world.database.query(
        guideBlock('several-apps.md', 'sql', 'DELETE FROM identities', {
          '<id>': id,
          '<appid>': tea.appid,
          '<openid>': openid,
        }),
      );
      expect((await node.as(admin.accessToken, 'DELETE', `/admin/users/${id}/sessions`)).status).toBe(204);
      expect((await diagnose()).faults).toEqual([]);
      expect((await world.login(node, 'otto')).body.user.id).toBe(id);
      expect((await world.login(node, 'paul')).body.isNewUser).toBe(true);
      for (const user of ['otto', 'paul']) {
        const through = await world.login(node, user, cake.appid);
        expect(through.body.user.id).toBe((await world.login(node, user)).body.user.id);
      }
    });

    it('its clock is another', async () => {
      await world.database.query(`
        CREATE SCHEMA other;
        CREATE FUNCTION other.clock_timestamp() RETURNS timestamptz
          LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '10 minutes' $$`);
      try {
        const url = new URL(world.database.url);
        url.searchParams.set('options', '-c search_path=other,pg_catalog,public');
        const { faults } = await diagnose({ DATABASE_URL: url.href });
        expect(faults).toEqual([
          expect.stringMatching(/^✗ clock, beside the database: .* 10 min \d s ahead of the database/),
        ]);
      } finally {
        await world.database.query(`DROP SCHEMA other CASCADE`);
      }
    });
  });

  describe('of WeChat, says that', () => {
    const only = { WECHAT_APPS: undefined, WECHAT_APPID: tea.appid, WECHAT_SECRET: tea.secret };

    it('the secret is wrong, and where to get a new one', async () => {
      const { code, faults } = await diagnose({ ...only, WECHAT_SECRET: 'f'.repeat(32) });
      expect(code).toBe(1);
      expect(faults).toHaveLength(2);
      for (const fault of faults) {
        expect(fault).toMatch(/40125 .*secret is wrong.*开发管理 → 开发设置 → AppSecret/);
      }
      expect(faults.join()).not.toContain('f'.repeat(32));
    });

    it('the appid is wrong', async () => {
      const { faults } = await diagnose({ ...only, WECHAT_APPID: 'wx00000000000000dd' });
      expect(faults).toHaveLength(2);
      for (const fault of faults) expect(fault).toMatch(/40013 .*appid is wrong.*开发管理 → 开发设置/);
    });

    it('this address is not on the white list, as WeChat saw it', async () => {
      await world.fault({ path: '/cgi-bin/stable_token', errcode: 40164 });
      const { faults, lines } = await diagnose(only);
      expect(faults).toEqual([expect.stringMatching(/appid and secret: .*40164 .*127\.0\.0\.1.*IP白名单/)]);
      expect(lines.at(-1)).toMatch(/^✓ .*login/);
    });

    it.each([
      [40243, /AppSecret is frozen/],
      [50007, /mini-program is frozen/],
      [89503, /administrator must confirm/],
      [45009, /used up what WeChat allows/],
      [45011, /used up what WeChat allows/],
      [-1, /busy/],
      [61024, /61024/],
    ])('WeChat answers %i', async (errcode, words) => {
      await world.fault({ path: '/cgi-bin/stable_token', errcode });
      const { code, faults } = await diagnose(only);
      expect(code).toBe(1);
      expect(faults).toEqual([expect.stringMatching(words)]);
    });

    it('a proxy answers in its place with HTML', async () => {
      await world.fault({ path: '/cgi-bin/stable_token', body: 'html' });
      await world.fault({ path: '/sns/jscode2session', body: 'html', httpStatus: 502 });
      const { faults } = await diagnose(only);
      expect(faults).toHaveLength(2);
      for (const fault of faults) expect(fault).toMatch(/is not WeChat: a proxy or a portal/);
    });

    it('no answer comes in time', async () => {
      await world.fault({ path: '/', delayMs: 60_000 });
      const { faults, lines } = await diagnose(only);
      expect(faults).toEqual([expect.stringMatching(/^✗ WeChat: .* does not answer in time/)]);
      expect(lines.at(-1)).toMatch(/^– mini-programs: /);
    });

    it.each([
      ['http://127.0.0.1:1', 'ECONNREFUSED'],
      ['https://wechat.invalid', /ENOTFOUND|EAI_AGAIN/],
    ])('there is no network to %s', async (url, code) => {
      const { faults } = await diagnose({ ...only, WECHAT_BASE_URL: url });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(`there is no connection to ${url}`);
      expect(faults[0]).toMatch(code);
    });

    it('this machine’s clock is ten minutes behind', async () => {
      await world.control('POST', '/clock', { advanceSeconds: 600 });
      const { code, faults } = await diagnose(only);
      expect(code).toBe(1);
      expect(faults).toEqual([
        expect.stringMatching(/^✗ clock, beside WeChat: .* (9|10) min \d+ s behind WeChat.*NTP/),
      ]);
    });

    it('nothing of a clock that is half a minute off', async () => {
      await world.control('POST', '/clock', { advanceSeconds: 30 });
      expect(await diagnose(only)).toMatchObject({ code: 0, faults: [] });
    });

    describe('played by something else', () => {
      const server = createServer((_, response) =>
        response.end('{"openid":"oA","session_key":"' + 'A'.repeat(22) + '=="}'),
      );
      let url: string;
      beforeEach(async () => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      });
      afterEach(() => server.close());

      it('this is not WeChat', async () => {
        const { faults } = await diagnose({ ...only, WECHAT_BASE_URL: url });
        expect(faults).toEqual([
          expect.stringContaining('is not WeChat'),
          expect.stringContaining('WECHAT_BASE_URL is not WeChat'),
        ]);
      });
    });
  });
});
