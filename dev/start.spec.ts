import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as startRequest } from 'node:http';
import { createServer, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findFreePort } from './ports.js';
import { removePostgres } from './postgres.js';
import { processIdentity, waitForExit } from './processes.js';
import { makeTemporaryDirectory } from './temporary-directory.fixture.js';

// Long, for a machine that has to compile first.
const project = dirname(import.meta.dirname);
const startScript: string = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).scripts.start;

let dataDirectory: string;
let port: number;
let emulatorPort: number;
let started: { pids: number[] }[] = [];

beforeAll(() => {
  dataDirectory = makeTemporaryDirectory();
});

afterAll(() => {
  removePostgres(join(dataDirectory, 'postgres'));
  rmSync(dataDirectory, { recursive: true });
});

beforeEach(async () => {
  port = await findFreePort();
  emulatorPort = await findFreePort();
  started = [];
});

afterEach(() => {
  for (const pid of started.flatMap(({ pids }) => pids)) {
    if (processIdentity(pid) !== undefined) process.kill(pid, 'SIGKILL');
  }
});

class Started {
  output = '';
  pids: number[] = [];

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    started.push(this);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The last descendant but for Postgres: npm, its shell, node. */
  get node(): number {
    return this.pids.find((pid) => /^\S*node\b.*start\.ts/.test(argumentsOf(pid))) ?? 0;
  }

  get loginCommand(): string {
    return /^curl .*$/m.exec(this.output)?.[0] ?? '';
  }

  get grantCommand(): string {
    return /^.*npm run admin:grant .*$/m.exec(this.output)?.[0] ?? '';
  }

  async ready(): Promise<this> {
    await vi.waitFor(
      () => {
        if (!this.output.includes('Ctrl-C stops all of it.')) throw new Error(this.output);
      },
      { timeout: 120_000, interval: 20 },
    );
    this.pids = [this.pid, ...descendants(this.pid)];
    return this;
  }

  async exitCode(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** What is still there of all that was started, after a time in which everything should have ended. */
  async leftBehind(): Promise<string[]> {
    const deadline = Date.now() + 120_000;
    await Promise.all(this.pids.map((pid) => waitForExit(pid, deadline - Date.now())));
    return this.pids.filter((pid) => processIdentity(pid) !== undefined).map(argumentsOf);
  }

  login(): { user: { id: string }; isNewUser: boolean } {
    return JSON.parse(execFileSync('sh', ['-c', this.loginCommand], { encoding: 'utf8', stdio: 'pipe' }));
  }
}

/** Settings that a developer's own `.env` would bring in are emptied, which keeps them unset. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  const unset = ['HOST', 'DATABASE_URL', 'WECHAT_APPS', 'WECHAT_APPID', 'WECHAT_SECRET', 'WECHAT_BASE_URL'];
  return {
    PATH,
    HOME,
    ...Object.fromEntries([...unset, 'ENCRYPTION_KEYS', 'JWT_ISSUER'].map((name) => [name, ''])),
    DATA_DIR: dataDirectory,
    PORT: String(port),
    EMULATOR_PORT: String(emulatorPort),
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
    ...more,
  };
}

function npmStart(more?: Record<string, string>): Started {
  return new Started(spawn('npm', ['start'], { cwd: project, env: environment(more), detached: true }));
}

function nodeStart(more?: Record<string, string>): Started {
  const options = { cwd: project, env: environment(more), detached: true };
  return new Started(spawn(process.execPath, ['--import', 'tsx', 'dev/start.ts'], options));
}

function descendants(pid: number): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const childrenOf = (parent: number): number[] =>
    processes.flatMap(([child = 0, itsParent]) =>
      itsParent === parent ? [child, ...childrenOf(child)] : [],
    );
  return childrenOf(pid);
}

function argumentsOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}

/** A request with headers that `fetch` does not let a caller choose. */
async function statusOf(
  at: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  const sent = startRequest({ host: '127.0.0.1', port: at, path, method, headers }).end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  return answer.statusCode;
}

describe('while it runs', () => {
  let start: Started;
  let at: { port: number; emulatorPort: number; metricsPort: number };
  beforeAll(async () => {
    at = {
      port: await findFreePort(),
      emulatorPort: await findFreePort(),
      metricsPort: await findFreePort(),
    };
    start = npmStart({
      PORT: String(at.port),
      EMULATOR_PORT: String(at.emulatorPort),
      METRICS_PORT: String(at.metricsPort),
      CORS_ORIGINS: 'https://shop.example.com',
    });
    await start.ready();
  });
  afterAll(() => {
    for (const pid of start.pids) if (processIdentity(pid) !== undefined) process.kill(pid, 'SIGKILL');
  });

  it('says where everything is, and the command it prints logs in', async () => {
    const metrics = `http://127.0.0.1:${at.metricsPort}/metrics`;
    expect(start.output).toContain(`Metrics     ${metrics}\n`);
    expect((await fetch(metrics)).status).toBe(200);
    expect(start.output).toContain(`Playground  http://127.0.0.1:${at.port}/`);
    expect(start.output).toContain(`Console     http://127.0.0.1:${at.port}/console/ (scan its code`);
    expect(start.output).toContain(`http://127.0.0.1:${at.emulatorPort}`);
    expect(start.login()).toMatchObject({ accessToken: expect.any(String) });
    expect(statSync(join(dataDirectory, 'encryption-keys')).mode & 0o777).toBe(0o600);
  });

  it('answers its own machine, and no web page of another', async () => {
    for (const path of [
      '/',
      '/health/live',
      '/docs',
      '/docs/openapi.json',
      '/.well-known/jwks.json',
      '/nothing',
    ]) {
      expect(await statusOf(at.port, path, { host: `evil.example:${at.port}` })).toBe(403);
      expect(await statusOf(at.port, path, { origin: 'https://evil.example' })).toBe(403);
    }
    expect(await statusOf(at.port, '/auth/login', { origin: 'https://evil.example' }, 'POST')).toBe(403);
    expect(await statusOf(at.port, '/auth/login', { host: 'evil.example' }, 'POST')).toBe(403);
    expect(
      await statusOf(at.emulatorPort, '/__emulator__/apps', { host: `evil.example:${at.emulatorPort}` }),
    ).toBe(403);

    expect(await statusOf(at.port, '/health/live', { host: 'localhost:8080' })).toBe(200);
    expect(await statusOf(at.port, '/health/live', { origin: 'http://localhost:5173' })).toBe(200);
    expect(await statusOf(at.port, '/health/live', { origin: 'https://shop.example.com' })).toBe(200);
  });

  it('tells nobody the name under which the playground operates the service', async () => {
    const login = await fetch(`http://127.0.0.1:${at.emulatorPort}/__emulator__/wx/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"appid":"wxe000000000000001","user":"alice"}',
    });
    expect(login.status).toBe(200);
    // Whoever opens the page has the operator sign in.
    const page = await fetch(`http://127.0.0.1:${at.port}/playground/events`);
    await page.body?.cancel();
    const users = await fetch(`http://127.0.0.1:${at.emulatorPort}/__emulator__/users`);
    const { items } = (await users.json()) as { items: { id: string }[] };

    expect(items.map(({ id }) => id)).toEqual(['alice']);
    expect(statSync(join(dataDirectory, 'playground-operator')).mode & 0o777).toBe(0o600);
  });

  it('prints a command that makes the user of the phone an admin, also if it runs before the first login', async () => {
    const grant = spawn('sh', ['-c', start.grantCommand], {
      cwd: project,
      env: { PATH: process.env['PATH'] },
    });
    let output = '';
    for (const stream of [grant.stdout, grant.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const ended = once(grant, 'close');
    await vi.waitUntil(() => output.includes('Waiting for the first login'), { timeout: 120_000 });
    const post = async <Answer>(url: string, body: object): Promise<Answer> => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Answer;
    };
    const appid = 'wxe000000000000001';
    const { code } = await post<{ code: string }>(
      `http://127.0.0.1:${at.emulatorPort}/__emulator__/wx/login`,
      {
        appid,
        user: '小明',
      },
    );
    const { user } = await post<{ user: { id: string } }>(`http://127.0.0.1:${at.port}/auth/login`, {
      appid,
      code,
    });
    await ended;

    expect(grant.exitCode).toBe(0);
    expect(output).toContain(`User ${user.id} now has the role admin.`);
  });

  it('stops with everything around it at a Ctrl-C', async () => {
    process.kill(-start.pid, 'SIGINT');
    expect(await start.leftBehind()).toEqual([]);
  });
});

it('is killed with everything around it, and starts again with its data', async () => {
  const killed = await npmStart().ready();
  const { user } = killed.login();
  process.kill(-killed.pid, 'SIGKILL');
  await once(killed.child, 'exit');
  const again = await npmStart().ready();

  expect(again.login()).toMatchObject({ user: { id: user.id }, isNewUser: false });
  expect(await killed.leftBehind()).toEqual([]);
  process.kill(-again.pid, 'SIGTERM');
  expect(await again.leftBehind()).toEqual([]);
});

it.each(['SIGTERM', 'SIGKILL'] as const)('stops when npm alone gets %s', async (signal) => {
  const start = await npmStart().ready();
  process.kill(start.pid, signal);

  expect(await start.leftBehind()).toEqual([]);
});

it('stops when npm is killed before node has come up', async () => {
  const start = npmStart();
  await expect
    .poll(
      () => {
        start.pids = [start.pid, ...descendants(start.pid)];
        return start.node;
      },
      { interval: 10 },
    )
    .not.toBe(0);
  process.kill(start.pid, 'SIGKILL');

  expect(await start.leftBehind()).toEqual([]);
  expect(existsSync(join(dataDirectory, 'postgres', 'launcher.pid'))).toBe(false);
});

// npm hands this one to its shell, which, unless it has become node by `exec`, keeps it to itself.
it.skipIf(!startScript.startsWith('exec '))('stops when npm alone gets SIGINT', async () => {
  const start = await npmStart().ready();
  process.kill(start.pid, 'SIGINT');

  expect(await start.leftBehind()).toEqual([]);
  expect(await start.exitCode()).toBe(0);
});

it.each(['SIGTERM', 'SIGHUP'] as const)('stops when node alone gets %s', async (signal) => {
  const start = await npmStart().ready();
  process.kill(start.node, signal);

  expect(await start.leftBehind()).toEqual([]);
  expect(await start.exitCode()).toBe(0);
});

it('lets a request under way finish, unless Ctrl-C comes a second time', async () => {
  const start = await nodeStart().ready();
  const request = connect(port, '127.0.0.1');
  request.on('error', () => {});
  request.write(
    'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  await once(request, 'connect');
  process.kill(start.pid, 'SIGINT');
  await expect.poll(() => start.output).toContain('Stopping…');
  expect(start.child.exitCode).toBeNull();
  process.kill(start.pid, 'SIGINT');

  expect(await start.leftBehind()).toEqual([]);
  expect(await start.exitCode()).toBe(1);
});

it.each(['PORT', 'EMULATOR_PORT'])('names %s in one line when that port is in use', async (setting) => {
  const blocker = createServer().listen(setting === 'PORT' ? port : emulatorPort, '127.0.0.1');
  await once(blocker, 'listening');
  const start = nodeStart();
  const [code] = await once(start.child, 'close');
  blocker.close();

  expect(code).toBe(1);
  expect(start.output).toMatch(/^Port \d+ is in use.*\n$/);
  expect(start.output).toContain(`set ${setting} to`);
});

it('lists wrong settings and leaves nothing running', async () => {
  const start = nodeStart({ WECHAT_APPID: 'wx0123456789abcdef', ACCESS_TOKEN_TTL: 'long' });
  const [code] = await once(start.child, 'close');

  expect(code).toBe(1);
  expect(start.output).toContain('ACCESS_TOKEN_TTL');
  expect(start.output).toContain('WECHAT_SECRET');
  expect(start.output).not.toContain('    at ');
});

it('takes no Unix socket, which a browser cannot reach', async () => {
  const start = nodeStart({ HOST: 'unix:/run/weapp-auth.sock' });
  const [code] = await once(start.child, 'close');

  expect(code).toBe(1);
  expect(start.output).toContain('- HOST must be an address here');
});

it('plays WeChat for apps of your own, and takes a setting from a file', async () => {
  const file = join(dataDirectory, 'secret');
  writeFileSync(file, '0123456789abcdef0123456789abcdef\n');
  const start = await nodeStart({ WECHAT_APPID: 'wx0123456789abcdef', WECHAT_SECRET_FILE: file }).ready();

  expect(start.loginCommand).toContain('wx0123456789abcdef');
  expect(start.login()).toMatchObject({ isNewUser: true });
  const keys = readFileSync(join(dataDirectory, 'encryption-keys'), 'utf8');
  expect(Buffer.from(keys, 'base64')).toHaveLength(32);
  process.kill(start.pid, 'SIGTERM');
  expect(await start.leftBehind()).toEqual([]);
});

it('answers a phone in the same network by the address in PUBLIC_URL, and says both', async () => {
  const start = await nodeStart({
    HOST: '0.0.0.0',
    PUBLIC_URL: `http://192.168.1.5:${port}`,
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_SECRET: '0123456789abcdef0123456789abcdef',
    WECHAT_BASE_URL: 'https://api.weixin.qq.com',
  }).ready();
  expect(start.output).toContain(
    `Service     http://127.0.0.1:${port}, known to others as http://192.168.1.5:${port}\n`,
  );
  expect(start.output).toContain(`Emulator    http://127.0.0.1:${emulatorPort} (not in use: `);
  const refused = await fetch(`http://127.0.0.1:${port}/health/live`, { headers: { origin: 'null' } });

  expect(await statusOf(port, '/health/live', { host: `192.168.1.5:${port}` })).toBe(200);
  expect(await statusOf(port, '/health/live', { host: `192.168.1.6:${port}` })).toBe(403);
  expect(await refused.text()).toMatch(/^npm start answers its own machine only: .* Set PUBLIC_URL /);
  process.kill(start.pid, 'SIGTERM');
  expect(await start.leftBehind()).toEqual([]);
});
