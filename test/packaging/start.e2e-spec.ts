import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/schema.js';
import { TestDatabase } from '../harness/database.js';
import { Launcher } from '../harness/launcher.js';
import { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

const world = useWorld();

describe('npm run start:prod', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'weapp-auth-settings-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  async function refusal(environment: Record<string, string>): Promise<string> {
    const node = ServiceNode.launch(environment);
    expect(await node.exit()).toBe(1);
    return node.output;
  }

  it('lists everything that an empty environment lacks, in one message', async () => {
    const output = await refusal({});
    for (const name of ['DATABASE_URL', 'WECHAT_APPID', 'ENCRYPTION_KEYS', 'JWT_ISSUER']) {
      expect(output).toContain(`- ${name} `);
    }
    expect(output.match(/for example: /g)!.length).toBeGreaterThanOrEqual(3);
  });

  it('refuses the apps of the emulator, whose secrets anyone knows', async () => {
    const apps = JSON.stringify([{ appid: 'wxe000000000000001', secret: 'e000000000000001'.repeat(2) }]);
    const output = await refusal(world.environment({ WECHAT_APPS: apps }));
    expect(output).toMatch(/wxe000000000000001.*emulator/);
    expect(output).not.toContain('e000000000000001'.repeat(2));
  });

  it('reads any setting from the file that NAME_FILE names', async () => {
    const file = join(directory, 'encryption-keys');
    writeFileSync(file, `${world.encryptionKey}\n`);
    const node = await world.startNode({ ENCRYPTION_KEYS: undefined, ENCRYPTION_KEYS_FILE: file });
    expect((await world.login(node, 'anna')).status).toBe(200);
  });

  it('does not start if ENCRYPTION_KEYS is not the one that encrypted the signing key, and says so', async () => {
    await world.startNode();
    const output = await refusal(
      world.environment({ ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64') }),
    );
    expect(output).toContain('needs a key that ENCRYPTION_KEYS no longer lists');
  });

  it.each([
    ['has no such database', (url: URL) => (url.pathname = '/nothing'), 'has no database nothing (3D000)'],
    [
      'does not accept the password',
      (url: URL) => (url.password = 'wrong'),
      'Correct user and password in DATABASE_URL',
    ],
  ])('ends with code 1 and one sentence if Postgres %s', async (_, change, sentence) => {
    const url = new URL(world.database.url);
    change(url);
    const output = await refusal(world.environment({ DATABASE_URL: url.href }));
    expect(output).toContain(sentence);
    expect(output).not.toContain('    at ');
  });

  it('waits for a Postgres that is not there yet, saying so', async () => {
    const node = world.launchNode({ DATABASE_URL: 'postgres://postgres@127.0.0.1:9/weapp' });
    await expect.poll(() => node.output).toContain('nothing listens at 127.0.0.1:9 (ECONNREFUSED)');
    expect(await node.stop('SIGKILL')).toBeNull();
  });

  it('ends with code 1 if its port is taken', async () => {
    const { url } = await world.startNode();
    expect(await refusal(world.environment({ PORT: new URL(url).port }))).toContain('EADDRINUSE');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s while it starts', async (signal) => {
    const node = world.launchNode({ DATABASE_URL: 'postgres://postgres@127.0.0.1:9/weapp' });
    await expect.poll(() => node.output).toContain('ECONNREFUSED');
    expect(await node.stop(signal)).toBe(0);
  });

  it('ends with code 0 on SIGTERM', async () => {
    const node = await world.startNode();
    expect(await node.stop('SIGTERM')).toBe(0);
  });

  it('migrates an empty database once, and makes one signing key, when ten nodes start on it together', async () => {
    const database = await TestDatabase.create(world.database.url);
    try {
      const nodes = Array.from({ length: 10 }, () =>
        world.launchNode({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2' }),
      );
      await Promise.all(nodes.map((node) => node.listening()));
      expect(await database.count('weapp_auth_migrations')).toBe(schema.migrations.length);
      expect(await database.count('signing_keys')).toBe(1);
      const { body } = await world.login(nodes[0]!, 'anna');
      const answers = await Promise.all(nodes.map((node) => node.me(body.accessToken)));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      await Promise.all(nodes.map((node) => node.stop()));
      await world.expectSecretsKept(database.url);
    } finally {
      await database.drop();
    }
  });

  it('keeps its users and signing key over a SIGKILL', async () => {
    const first = await world.startNode();
    const { body } = await world.login(first, 'bert');
    await first.stop('SIGKILL');
    const second = await world.startNode();
    expect((await second.me(body.accessToken)).body.id).toBe(body.user.id);
    expect((await world.login(second, 'bert')).body).toMatchObject({
      isNewUser: false,
      user: { id: body.user.id },
    });
  });
});

describe('npm start', () => {
  it.each([
    ['is not there', (url: URL) => (url.pathname = '/nothing'), 'has no database nothing (3D000)'],
    [
      'has no place for the tables',
      (url: URL) => url.searchParams.set('options', '-c search_path=nowhere'),
      'search_path (nowhere) names no schema',
    ],
  ])('ends with one sentence if the database of DATABASE_URL %s', async (_, change, sentence) => {
    const url = new URL(world.database.url);
    change(url);
    const output = await Launcher.start({ DATABASE_URL: url.href }).then(
      () => 'It has started.',
      (error: Error) => error.message,
    );
    expect(output).toMatch(/^The service did not start\. .*$/m);
    expect(output).toContain(sentence);
    expect(output).not.toContain('    at ');
  });
});
