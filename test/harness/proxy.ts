import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntilListening } from './listening.js';

/** Debian puts some of them beside what only root needs. */
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

const programs = {
  caddy: { version: ['version'], run: ['run', '--adapter', 'caddyfile', '--config'] },
  haproxy: { version: ['-v'], run: ['-db', '-f'] },
};

/** Whether a proxy is on this machine. */
export function hasProxy(name: keyof typeof programs): boolean {
  return hasProgram(name, programs[name].version);
}

/** Whether a program is on this machine, and runs with these options. */
export function hasProgram(name: string, options: string[]): boolean {
  return spawnSync(name, options, { env: environment }).status === 0;
}

/** A Caddy or HAProxy of a test's own. */
export class Proxy {
  private constructor(
    private readonly process: ChildProcess,
    private readonly directory: string,
    readonly url: string,
  ) {}

  /** Resolves once it listens. */
  static async start(name: keyof typeof programs, configuration: string, port: number): Promise<Proxy> {
    const directory = mkdtempSync(join(tmpdir(), `weapp-auth-${name}-`));
    const file = join(directory, 'configuration');
    writeFileSync(file, configuration);
    const child = spawn(name, [...programs[name].run, file], {
      // Caddy keeps files at home.
      env: { ...environment, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      stdio: 'pipe',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    await waitUntilListening(child, port, () => output);
    return new Proxy(child, directory, `http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    this.process.kill();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    rmSync(this.directory, { recursive: true });
  }
}
