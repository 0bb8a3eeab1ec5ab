import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntilListening } from './listening.js';

/** Whether there is a Prometheus here. */
export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

/** An alert rule, as Prometheus shows it. */
export interface AlertRule {
  name: string;
  query: string;
  state: 'inactive' | 'pending' | 'firing';
  health: 'ok' | 'unknown' | 'err';
}

/** A series, as Prometheus gives it for a range. */
export interface Series {
  metric: Record<string, string>;
  /** Times are in seconds. */
  values: [time: number, value: string][];
}

/** A Prometheus of a test's own. It scrapes and evaluates each second. */
export class Prometheus {
  private constructor(
    private readonly process: ChildProcess,
    private readonly directory: string,
    private readonly url: string,
  ) {}

  /**
   * Resolves once it listens.
   *
   * @param scrapeConfigs what stands below `scrape_configs:`
   */
  static async start(scrapeConfigs: string, ruleFile: string, port: number): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-prometheus-'));
    const config = join(directory, 'prometheus.yml');
    const lines = [
      'global: { scrape_interval: 1s, evaluation_interval: 1s }',
      `rule_files: [${JSON.stringify(ruleFile)}]`,
      'scrape_configs:',
      scrapeConfigs,
    ];
    writeFileSync(config, lines.join('\n'));
    let errors = '';
    const process = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    process.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await waitUntilListening(process, port, () => errors);
    return new Prometheus(process, directory, `http://127.0.0.1:${port}`);
  }

  /**
   * How many series a query gives.
   *
   * @throws {Error} if Prometheus does not understand it
   */
  async count(query: string): Promise<number> {
    const { result } = await this.get(`query?${new URLSearchParams({ query }).toString()}`);
    return result.length;
  }

  /**
   * The series that a query gives, with a value for each step between two times in seconds.
   *
   * @throws {Error} if Prometheus does not understand it
   */
  async queryRange(query: string, start: number, end: number, step: number): Promise<Series[]> {
    const parameters = { query, start: String(start), end: String(end), step: String(step) };
    return (await this.get(`query_range?${new URLSearchParams(parameters).toString()}`)).result;
  }

  async alertRules(): Promise<AlertRule[]> {
    const { groups } = await this.get('rules?type=alert');
    return groups.flatMap(({ rules }: { rules: AlertRule[] }) => rules);
  }

  async stop(): Promise<void> {
    this.process.kill();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    rmSync(this.directory, { recursive: true });
  }

  private async get(path: string): Promise<any> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const body = await response.text();
    if (!response.ok) throw new Error(`Prometheus refuses ${path}: ${body}`);
    return JSON.parse(body).data;
  }
}
