import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../dev/build.js';
import { packPackage } from '../../dev/pack.js';
import { useWorld } from '../harness/world.js';

const world = useWorld();
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'weapp-auth-stranger-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The example of README.md, with the imports that an editor adds. */
function readmeApplication(): string {
  const readme = readFileSync(join(projectDirectory, 'README.md'), 'utf8');
  const [, code] = /```ts\n(@Controller\('hello'\).*?)```/s.exec(readme)!;
  return `
    import { Controller, Delete, Get, Module, UseGuards } from '@nestjs/common';
    import {
      AuthModule, CurrentUser, FreshLogin, JwtGuard, loadSettings, Roles, type SignedInUser, WeappAuthModule,
    } from 'weapp-auth';
    ${code}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const npmOptions = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];

/** What the README and the guide say to install. */
const shared: Record<number, string[]> = {
  11: ['@nestjs/swagger@11', '@nestjs/typeorm@11', 'typeorm'],
  12: ['@nestjs/swagger', '@nestjs/typeorm', 'typeorm'],
};

/** @returns why the application could not be made: without a registry and a cache, nothing can be installed */
async function createApplication(major: number, tarball: string): Promise<string | undefined> {
  const environment = { ...process.env, npm_config_prefer_offline: 'true', npm_config_fetch_retries: '0' };
  try {
    const create = ['--yes', `@nestjs/cli@${major}`, 'new', `nest${major}`, '-g', '-p', 'npm', '-s'];
    await run('npx', create, { cwd: home, env: environment });
    const cwd = join(home, `nest${major}`);
    await run('npm', ['install', ...npmOptions], { cwd, env: environment });
    await run('npm', ['install', ...npmOptions, tarball, ...shared[major]!], { cwd, env: environment });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // Anything but a registry that is out of reach is a fault of the package.
    const isOffline = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|network/.test(message);
    if (isOffline) return message.split('\n', 1)[0];
    throw error;
  }
}

describe.each([11, 12])('an application that `nest new` of Nest %i makes', (major) => {
  const directory = join(home, `nest${major}`);
  let missing: string | undefined;
  beforeAll(async () => {
    missing = await createApplication(major, packPackage(projectDirectory, home));
  });

  it('guards a controller as the README says, on the first try', async ({ skip }) => {
    skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
    writeFileSync(join(directory, 'src/app.module.ts'), readmeApplication());
    await run('npm', ['run', 'build'], { cwd: directory });

    const database = await world.anotherDatabase();
    const port = await freePort();
    const environment = world.environment({ DATABASE_URL: database.url, PORT: String(port) });
    const application = spawn(process.execPath, ['dist/main.js'], { cwd: directory, env: environment });
    let output = '';
    for (const stream of [application.stdout, application.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    try {
      const url = `http://127.0.0.1:${port}`;
      const hello = (token?: string) =>
        fetch(`${url}/hello`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
      // Nest says that it has started before it listens.
      const isListening = () =>
        hello().then(
          () => 'listening',
          () => (application.exitCode === null ? 'starting' : `ended: ${output}`),
        );
      await expect.poll(isListening).toBe('listening');

      const refused = await hello();
      expect(refused.status).toBe(401);
      expect(await refused.json()).toMatchObject({ code: 'token_missing' });

      const login = await fetch(`${url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code: await world.code('anna'), appid: 'wx00000000000000aa' }),
      });
      const { accessToken, user } = (await login.json()) as { accessToken: string; user: { id: string } };
      expect(await (await hello(accessToken)).json()).toEqual({ hello: user.id });
    } finally {
      application.kill();
      if (application.exitCode === null) await once(application, 'exit');
    }
  });

  it('has one Nest, one TypeORM and one rxjs', async ({ skip }) => {
    skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
    const lock = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const shares = [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/swagger',
      '@nestjs/typeorm',
      'typeorm',
      'reflect-metadata',
    ];
    for (const name of shares) {
      const copies = Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
      expect(copies).toEqual([`node_modules/${name}`]);
    }
    expect(lock.packages['node_modules/@nestjs/core']!.version.split('.')[0]).toBe(String(major));
  });

  it('type-checks the declarations of weapp-auth, too', async ({ skip }) => {
    skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
    writeFileSync(join(directory, 'src/app.module.ts'), readmeApplication());
    const { stdout } = await run(
      'npx',
      ['tsc', '--noEmit', '--skipLibCheck', 'false', '-p', 'tsconfig.build.json'],
      {
        cwd: directory,
      },
    );
    expect(stdout).toBe('');
  });
});
