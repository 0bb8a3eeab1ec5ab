import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.js';

const command = fileURLToPath(new URL('../bin/wechat-emulator.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wechat-emulator-'));
const children: ChildProcess[] = [];

function start(...args: string[]) {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Runs it to its end. */
async function run(...args: string[]) {
  const child = start(...args);
  const exited = once(child, 'exit');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await exited;
  return { exitCode: Number(exitCode), output, errors };
}

/** Starts it and reads what it says, up to the command that it shows last. */
async function startListening(...args: string[]) {
  const child = start('--port', '0', ...args);
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes('curl')) break;
  }
  const url = /http:\/\/\S+?(?=,)/.exec(lines[0] ?? '')?.[0] ?? '';
  return { child, lines, url };
}

function configFile(content: string): string {
  const file = join(folder, 'apps.json');
  writeFileSync(file, content);
  return file;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('wechat-emulator', () => {
  it('prints its address, the apps, and a command that gets a code', async () => {
    const { lines, url } = await startListening();

    expect(lines).toEqual([
      `WeChat emulator listening on ${url}, control calls under ${url}/__emulator__`,
      'Apps:',
      '  wxe000000000000001  secret e000000000000001e000000000000001  Open Platform account emulator',
      '  wxe000000000000002  secret e000000000000002e000000000000002  Open Platform account emulator',
      '  wxe000000000000003  secret e000000000000003e000000000000003  no Open Platform account',
      'A login code, as wx.login gives it:',
      `  curl -sS --noproxy '*' -H 'content-type: application/json' -d '{"appid":"wxe000000000000001","user":"anna"}' ${url}/__emulator__/wx/login`,
    ]);
    const response = await fetch(`${url}/__emulator__/wx/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"appid":"wxe000000000000001","user":"anna"}',
    });
    expect(await response.json()).toMatchObject({ errMsg: 'login:ok' });
  });

  it('reads its apps from a file, also with the byte order mark of Windows', async () => {
    const { lines } = await startListening(
      '--config',
      configFile('\uFEFF[{"appid":"wx00000000000000aa","secret":"mine","openPlatform":"us"}]'),
    );

    expect(lines.slice(1, 3)).toEqual([
      'Apps:',
      '  wx00000000000000aa  secret ***  Open Platform account us',
    ]);
  });

  it('answers under the names of --allow-host', async () => {
    const { url } = await startListening('--allow-host', 'emulator', '--allow-host', '192.168.1.5');

    for (const [host, status] of [
      ['emulator:3001', 200],
      ['192.168.1.5:3001', 200],
      ['evil.example', 403],
    ] as const) {
      const sent = request(`${url}/__emulator__/apps`, { headers: { host } }).end();
      const [answer] = await once(sent, 'response');
      answer.resume();
      expect(answer.statusCode).toBe(status);
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 on %s', async (signal) => {
    const { child } = await startListening();
    const exited = once(child, 'exit');
    child.kill(signal);

    expect(await exited).toEqual([0, null]);
  });

  it('prints its options with --help', async () => {
    const { exitCode, output } = await run('--help');

    expect(exitCode).toBe(0);
    expect(output).toMatch(/^Usage: wechat-emulator \[--port 3001\]/);
  });

  it('says in one line that the port is in use, and exits with 1', async () => {
    const other = await createEmulator();
    const { exitCode, output, errors } = await run('--port', String(other.port));
    await other.close();

    expect({ exitCode, output, errors }).toEqual({
      exitCode: 1,
      output: '',
      errors: `wechat-emulator: listen EADDRINUSE: address already in use 127.0.0.1:${other.port}\n`,
    });
  });

  it.each([
    ['an unknown option', ['--prot', '1'], "Unknown option '--prot' (see --help)"],
    ['an argument', ['3001'], "Unexpected argument '3001' (see --help)"],
    ['an option without its value', ['--port'], "Option '--port <value>' argument missing (see --help)"],
    ['a port that is none', ['--port', '65536'], '--port must be a number from 0 to 65535, not "65536"'],
    [
      'a file that is not there',
      ['--config', 'missing.json'],
      "cannot read missing.json: ENOENT: no such file or directory, open 'missing.json'",
    ],
  ])('says in one line what is wrong with %s, and exits with 1', async (_name, args, error) => {
    const { exitCode, output, errors } = await run(...args);

    expect({ exitCode, output, errors }).toEqual({
      exitCode: 1,
      output: '',
      errors: `wechat-emulator: ${error}\n`,
    });
  });

  it.each([
    ['no JSON', '[{', 'apps.json must hold a JSON array of apps: [{"appid": "wx…", "secret": "…"}]'],
    ['no array', '{}', 'apps.json must hold a JSON array of apps: [{"appid": "wx…", "secret": "…"}]'],
    ['no app', '[]', 'apps.json must hold a JSON array of apps: [{"appid": "wx…", "secret": "…"}]'],
    [
      'an app that is no object',
      '[5]',
      'apps.json, app 1: must be an object, as in {"appid": "wx…", "secret": "…"}',
    ],
    [
      'a wrong appid',
      '[{}, {"appid":"wx1"}]',
      'apps.json, app 2: appid must be wx and 16 lower-case hexadecimal digits',
    ],
    [
      'an app twice',
      '[{"appid":"wx00000000000000aa"},{"appid":"wx00000000000000aa"}]',
      'apps.json has the app wx00000000000000aa twice',
    ],
  ])(
    'says in one line what is wrong with a file with %s, and exits with 1',
    async (_name, content, error) => {
      configFile(content);
      const { exitCode, errors } = await run('--config', 'apps.json');

      expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: `wechat-emulator: ${error}\n` });
    },
  );
});
