import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntilListening } from './listening.js';

/** Whether there is an nginx here that can ask for permission. */
export const hasNginx = (spawnSync('nginx', ['-V']).stderr?.toString() ?? '').includes(
  'http_auth_request_module',
);

/** An nginx of a test's own, as whoever runs the test, with all that it writes in one directory. */
export class Nginx {
  private constructor(
    private readonly process: ChildProcess,
    private readonly directory: string,
    readonly url: string,
  ) {}

  /**
   * Resolves once it listens.
   *
   * @param http what stands in `http {}`
   */
  static async start(http: string, port: number): Promise<Nginx> {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-nginx-'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${directory}/${what};`,
    );
    // Without a master no user is changed to: the directory is open to its owner alone.
    writeFileSync(
      join(directory, 'nginx.conf'),
      `daemon off;
      master_process off;
      pid ${directory}/pid;
      error_log ${directory}/error.log;
      events {}
      http { access_log off; ${temporary.join(' ')}\n${http} }`,
    );
    const process = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], {
      stdio: 'ignore',
    });
    const nginx = new Nginx(process, directory, `http://127.0.0.1:${port}`);
    await waitUntilListening(process, port, () => nginx.errors);
    return nginx;
  }

  /** What it has logged. */
  get errors(): string {
    return readFileSync(join(this.directory, 'error.log'), 'utf8');
  }

  async stop(): Promise<void> {
    this.process.kill();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    rmSync(this.directory, { recursive: true });
  }
}
