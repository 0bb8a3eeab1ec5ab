import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../dev/ports.js';

const project = join(import.meta.dirname, '../..');

/** `npm start` without npm: its launcher, with data of its own on ports of its own. */
export class Launcher {
  output = '';
  readonly dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-start-'));
  private process: ChildProcess;

  private constructor(readonly url: string) {}

  /** Resolves once everything runs. */
  static async start(environment: Record<string, string>): Promise<Launcher> {
    const port = await findFreePort();
    const launcher = new Launcher(`http://127.0.0.1:${port}`);
    await launcher.run({ PORT: String(port), EMULATOR_PORT: String(await findFreePort()), ...environment });
    return launcher;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
    rmSync(this.dataDirectory, { recursive: true });
  }

  private run(environment: Record<string, string>): Promise<void> {
    const { PATH, HOME } = process.env;
    this.process = spawn(process.execPath, ['--import', 'tsx', 'dev/start.ts'], {
      cwd: project,
      // What a developer's own `.env` would bring in is emptied, which keeps it unset.
      env: {
        PATH,
        HOME,
        HOST: '',
        WECHAT_APPS: '',
        WECHAT_APPID: '',
        WECHAT_SECRET: '',
        WECHAT_BASE_URL: '',
        ENCRYPTION_KEYS: '',
        JWT_ISSUER: '',
        WEBHOOKS: '',
        METRICS_PORT: '0',
        DATA_DIR: this.dataDirectory,
        ...environment,
      },
    });
    return new Promise((resolve, reject) => {
      const collect = (chunk: Buffer) => {
        this.output += chunk.toString();
        if (this.output.includes('Ctrl-C stops all of it.')) resolve();
      };
      this.process.stdout!.on('data', collect);
      this.process.stderr!.on('data', collect);
      this.process.once('exit', () => reject(new Error(`It ended at once:\n${this.output}`)));
    });
  }
}
