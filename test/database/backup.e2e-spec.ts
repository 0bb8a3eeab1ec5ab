import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { guideBlock } from '../harness/guide.js';
import { useWorld } from '../harness/world.js';

const run = promisify(execFile);
const world = useWorld();

const pgDumpMajor = Number(/\d+/.exec(spawnSync('pg_dump', ['--version']).stdout?.toString() ?? '') ?? 0);

async function serverMajor(): Promise<number> {
  const [row] = await world.database.query<{ server_version_num: string }>('SHOW server_version_num');
  return Math.floor(Number(row!.server_version_num) / 10_000);
}

/** As in the guide, while the service runs; then the dump is restored under the service, too. */
it('is a backup that keeps sessions, restored elsewhere or under the running service', async ({ skip }) => {
  skip(pgDumpMajor < (await serverMajor()), 'There is no pg_dump here that can read this Postgres.');
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-backup-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const elsewhere = await world.anotherDatabase('TEMPLATE template0');
  const { hostname, port, username, password } = new URL(world.database.url);
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: world.database.url,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: decodeURIComponent(password),
  };
  const shell = (script: string) => run('sh', ['-ec', script], { cwd: directory, env });

  const node = await world.startNode();
  const { accessToken, refreshToken, user } = (await world.login(node, 'anna')).body;
  await elsewhere.drop();
  await shell(guideBlock('postgres.md', 'sh', 'pg_restore', { weapp_restored: elsewhere.name }));

  const restored = await world.startNode({ DATABASE_URL: elsewhere.url });
  expect((await restored.me(accessToken)).body.id).toBe(user.id);
  expect((await restored.refresh(refreshToken)).status).toBe(200);

  await shell('pg_restore --clean --no-owner --exit-on-error -d "$DATABASE_URL" weapp.dump');
  await expect.poll(async () => (await node.get('/health/ready')).status).toBe(200);
  await expect.poll(async () => (await node.me(accessToken)).status).toBe(200);
  expect((await node.refresh(refreshToken)).status).toBe(200);
  expect((await world.login(node, 'anna')).body.user.id).toBe(user.id);
});
