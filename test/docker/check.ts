import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator } from '../../emulator/src/index.js';
import { findFreePort } from '../../dev/ports.js';
import { removePostgres, startPostgres } from '../../dev/postgres.js';
import { installNode } from '../node-package.js';

// `npm run check:docker`: builds the Dockerfile as it is and runs it, without Docker. Debian's buildah builds and runs
// images with nothing but chroot; the base image is Debian's debootstrap, and Node out of npm's package `node`.
const project = join(import.meta.dirname, '../..');
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const app = { appid: 'wx00000000000000aa', secret: 'a1'.repeat(16) };

const missing = reasonToSkip();
if (missing !== undefined) {
  process.stdout.write(`Skipped: ${missing}\n`);
  process.exit(0);
}

const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-docker-'));
const storage = [
  '--storage-driver',
  'vfs',
  '--root',
  join(directory, 'root'),
  '--runroot',
  join(directory, 'run'),
];
try {
  const base = await makeBase();
  say('Building the Dockerfile…');
  buildah('build', '--format', 'docker', '--build-arg', `BASE_IMAGE=${base}`, '--tag', 'weapp-auth', project);
  await runImage(buildah('from', 'localhost/weapp-auth'));
  say('The image builds and starts, users log in and keep avatars, and the doctor finds nothing wrong.');
} finally {
  buildah('rm', '--all');
  buildah('rmi', '--all', '--force');
  rmSync(directory, { recursive: true, force: true });
}

function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root, for chroot.';
  for (const program of ['buildah', 'debootstrap', 'psql']) {
    if (spawnSync(program, ['--version']).error) {
      return `there is no ${program}: apt-get install buildah debootstrap postgresql-client`;
    }
  }
  return undefined;
}

/** What node:24-bookworm-slim is, as far as the Dockerfile knows: Debian, Node, npm and the user `node`. */
async function makeBase(): Promise<string> {
  const root = join(project, 'node_modules/.docker/base');
  if (!existsSync(join(root, 'usr/local/bin/npm'))) {
    say('Making a base image: Debian…');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    run('debootstrap', ['--variant=minbase', 'bookworm', root]);
    run('chroot', [root, 'useradd', '--uid', '1000', '--create-home', 'node']);
    say('… and Node.');
    const bin = installNode('24', join(directory, 'node'));
    copyFileSync(join(bin, 'node'), join(root, 'usr/local/bin/node'));
    chmodSync(join(root, 'usr/local/bin/node'), 0o755);
    // As good as the read-only file system that docker-compose.yml gives the container.
    run('chroot', [root, 'chown', '--recursive', 'root:root', '/home/node']);
    run('npm', ['install', '--global', '--prefix', join(root, 'usr/local'), 'npm@11']);
  }
  const container = buildah('from', 'scratch');
  buildah('add', container, root, '/');
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities !== undefined) {
    buildah('add', container, authorities, '/etc/extra-ca-certificates.crt');
    buildah('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/extra-ca-certificates.crt', container);
  }
  buildah('commit', container, 'weapp-auth-base');
  return 'localhost/weapp-auth-base';
}

async function runImage(container: string): Promise<void> {
  say('Running it…');
  const dataDirectory = join(directory, 'postgres');
  chmodSync(directory, 0o755);
  const postgres = await startPostgres({ dataDirectory });
  const emulator = await createEmulator({ apps: [app] });
  const port = String(await findFreePort());
  let service: ChildProcess | undefined;
  try {
    const superuser = new URL(postgres.url('postgres'));
    const passwordFile = join(directory, 'weapp-password');
    writeFileSync(passwordFile, 'plain');
    run('sh', [join(project, 'docker/create-database.sh')], 'inherit', {
      PGHOST: superuser.hostname,
      PGPORT: superuser.port,
      PGPASSWORD: superuser.password,
      WEAPP_PASSWORD_FILE: passwordFile,
    });
    const settings = {
      DATABASE_URL: `postgres://weapp:plain@${superuser.host}/weapp`,
      ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
      WECHAT_APPID: app.appid,
      WECHAT_SECRET: app.secret,
      WECHAT_BASE_URL: emulator.url,
      JWT_ISSUER: 'https://login.example.com',
      PORT: port,
    };
    const inContainer = (...command: string[]): [string, string[]] => [
      'buildah',
      [
        ...storage,
        'run',
        '--isolation',
        'chroot',
        ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        container,
        '--',
        ...command,
      ],
    ];
    const { Cmd: start, Healthcheck: health } = configOf(container);
    service = spawn(...inContainer(...start), { stdio: 'inherit', detached: true });
    const ended = once(service, 'exit') as Promise<[number | null]>;
    const url = `http://127.0.0.1:${port}`;
    await untilReady(`${url}/health/ready`, ended);

    const { code } = emulator.phone.login(app.appid, 'anna');
    const login = await post(`${url}/auth/login`, { code });
    const form = new FormData();
    form.append('file', new Blob([picture]), 'a.png');
    const avatar = await fetch(`${url}/me/avatar`, {
      method: 'POST',
      headers: { authorization: `Bearer ${String(login['accessToken'])}` },
      body: form,
    });
    if (!avatar.ok) throw new Error(`The avatar was refused: ${await avatar.text()}`);

    // Not with `run`: they ask the emulator, which is here.
    for (const command of [health.Test.slice(1), ['npm', 'run', 'doctor']]) {
      const [status] = await once(spawn(...inContainer(...command), { stdio: 'inherit' }), 'exit');
      if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}.`);
    }
  } finally {
    if (service?.exitCode === null) {
      // buildah and what runs in the container. The status is buildah's: an orderly end is tested elsewhere.
      process.kill(-service.pid!, 'SIGTERM');
      await once(service, 'exit');
    }
    await emulator.close();
    await postgres.stop();
    removePostgres(dataDirectory);
  }
}

function configOf(container: string): { Cmd: string[]; Healthcheck: { Test: string[] } } {
  return JSON.parse(buildah('inspect', container)).Docker.config;
}

async function untilReady(url: string, ended: Promise<unknown>): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    const isOver = await Promise.race([ended.then(() => true), sleep(200, false)]);
    if (isOver) throw new Error('The container ended before it was ready.');
  }
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** @returns what it wrote: what was made, by name */
function buildah(command: string, ...options: string[]): string {
  const isolation = command === 'build' ? ['--isolation', 'chroot'] : [];
  return run(
    'buildah',
    [...storage, command, ...isolation, ...options],
    command === 'build' ? 'inherit' : 'pipe',
  );
}

/** @throws if the program fails; what it wrote to standard error is shown in any case */
function run(
  program: string,
  args: string[],
  output: 'pipe' | 'inherit' = 'pipe',
  environment: Record<string, string> = {},
): string {
  const { status, stdout, error } = spawnSync(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}.`);
  return stdout?.trim() ?? '';
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
