import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, useBench } from './harness/bench.js';
import { loadWithAutocannon } from './harness/autocannon-load.js';
import type { Contender } from './harness/contender.js';
import { chooseLoad, type Load } from './harness/load.js';
import { type Figures, Measurement } from './harness/measure.js';
import { measureNodes } from './harness/measure-nodes.js';
import { measureOverload } from './harness/measure-overload.js';
import { measureWal, readTableSizes } from './harness/measure-storage.js';
import { measureStart } from './harness/measure-start.js';
import { percentile } from './harness/statistics.js';
import { drawPairs, renderPairs, renderStart } from './report/pair-report.js';
import { renderMemory } from './report/memory-report.js';
import { renderNodes } from './report/nodes-report.js';
import { renderOverload } from './report/overload-report.js';
import { renderSizes, renderWal } from './report/storage-report.js';
import { saveResults } from './report/results-file.js';
import { renderTracing, renderTracingStart } from './report/tracing-report.js';
import { byPhone, latePage } from './scenarios/admin-search.js';
import { guardedScenarios } from './scenarios/guarded.js';
import { scenarios } from './scenarios/index.js';
import { openDataScenario } from './scenarios/open-data.js';
import type { Scenario } from './scenarios/scenario.js';
import { sessionScenarios } from './scenarios/sessions.js';
import { saveRevocations } from './world/revocations.js';

// Whether the benchmark measures, and never what: machines differ, and this one may have other work.
const pace = { warmUpRequests: 1, rounds: 1, roundSeconds: 1 };
/** For `loadBriefly`, which needs few requests. */
const briefPace = { ...pace, roundSeconds: 0.01 };
const cores = { server: undefined, description: 'not pinned' };
/** So few that each is answered at once, however slow the machine. */
const connections = 2;
const users = 300;
const onLinux = process.platform === 'linux';
/** The load generator of this machine. */
const chosen = chooseLoad();

/** A bench that goes on until `close` is called. */
async function openBench(): Promise<{ bench: Bench; close: () => Promise<void> }> {
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  return new Promise((resolve, reject) => {
    const used = useBench({ pace, cores }, async (bench) => {
      resolve({
        bench,
        close: async () => {
          finish();
          await used;
        },
      });
      await finished;
    });
    used.catch(reject);
  });
}

/** Load that shows whether a scenario can be measured. A real one keeps the whole machine busy for each round. */
const loadBriefly: Load = async (url, requests) => {
  const times: number[] = [];
  let failures = 0;
  const began = performance.now();
  for (const { method, path, headers, body } of requests.slice(0, 10)) {
    const sent = performance.now();
    const response = await fetch(url + path, { method, headers, body });
    await response.arrayBuffer();
    if (response.ok) times.push(performance.now() - sent);
    else failures += 1;
  }
  times.sort((a, b) => a - b);
  return {
    answers: times.length,
    failures,
    seconds: (performance.now() - began) / 1_000,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  };
};

function expectFigures(figures: Figures[]): void {
  for (const { requestsPerSecond, p50Ms, p99Ms, cpuUs, peakMemoryMiB } of figures) {
    expect(requestsPerSecond).toBeGreaterThan(0);
    expect(p50Ms).toBeGreaterThan(0);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    expect(cpuUs !== undefined).toBe(onLinux);
    expect(peakMemoryMiB !== undefined).toBe(onLinux);
  }
}

describe('npm run bench', () => {
  let bench: Bench;
  let close: () => Promise<void>;
  let contenders: Contender[];
  let measurement: Measurement;

  beforeAll(async () => {
    ({ bench, close } = await openBench());
    measurement = new Measurement(bench.databases, loadBriefly, briefPace);
    contenders = await bench.createPair(users);
  });

  afterAll(() => close());

  it.each<[string, Scenario]>(
    [...sessionScenarios.slice(1), guardedScenarios[0]!, openDataScenario, latePage(5), byPhone].map(
      (scenario) => [scenario.name, scenario],
    ),
  )('measures the service beside its limit: %s', async (_, scenario) => {
    const figures = await measurement.run({ ...scenario, connections }, contenders);
    expect(figures).toHaveLength(2);
    expectFigures(figures);
  });

  it.each<[string, Load]>([
    ['autocannon', loadWithAutocannon],
    ...(chosen.load === loadWithAutocannon ? [] : [[chosen.name, chosen.load] satisfies [string, Load]]),
  ])('measures with %s', async (_, load) => {
    const generated = new Measurement(bench.databases, load, pace);
    const figures = await generated.run({ ...sessionScenarios[0]!, connections }, contenders);
    expect(figures).toHaveLength(2);
    expectFigures(figures);
  });

  it('measures a start', async () => {
    for (const { readyMs, readyCpuMs } of await measureStart(contenders, 1)) {
      expect(readyMs).toBeGreaterThan(0);
      expect(readyCpuMs !== undefined).toBe(onLinux);
    }
  });

  it('measures a node that remembers revocations', async () => {
    const revoked = await contenders[1]!.world.copy(bench.databases);
    await saveRevocations(revoked, 10);
    const figures = await measurement.run(guardedScenarios[0]!, [bench.service('revoked', revoked)]);
    expect(figures).toHaveLength(1);
    expectFigures(figures);
  });

  it('measures the memory in the course of logins', async () => {
    const samples = await measurement.watchMemory(
      { ...sessionScenarios[0]!, connections },
      contenders[0]!,
      2,
    );
    expect(samples[0]!.answers).toBe(0);
    expect(samples.at(-1)!.answers).toBeGreaterThanOrEqual(2);
    for (const { residentMiB } of samples) expect(residentMiB !== undefined).toBe(onLinux);
  });

  it('measures the service with traces beside itself without', async () => {
    const { world } = contenders[0]!;
    const traced = bench.service('traces', world, { OTEL_EXPORTER_OTLP_ENDPOINT: bench.wechat.url });
    const scenario = { ...sessionScenarios[0]!, connections };
    const figures = await measurement.run(scenario, [bench.service('off', world), traced]);
    expect(figures).toHaveLength(2);
    expectFigures(figures);
  });

  it('measures overload', async () => {
    const contender = bench.service('overload', contenders[0]!.world, { TRUST_PROXY: '127.0.0.1' });
    const seconds = {
      warmUpSeconds: 1,
      capacitySeconds: 1,
      calmSeconds: 0.5,
      overloadSeconds: 0.5,
      recoverySeconds: 0.5,
    };
    const figures = await measureOverload({ bench, contender, wechatDelayMs: 10, pace: seconds });
    expect(figures.capacity).toBeGreaterThan(0);
    for (const phase of [figures.calm, figures.overload, figures.after]) {
      expect(phase.acceptedPerSecond).toBeGreaterThan(0);
    }
    expect(renderOverload([figures])).toContain('| 10 ms | before |');
  });

  it('measures several nodes on one database', async () => {
    const { world } = contenders[0]!;
    const few = [sessionScenarios[0]!, guardedScenarios[0]!].map((each) => ({ ...each, connections }));
    // Linux counts what processors do in steps of 10 ms: `loadBriefly` could be over before the next one.
    const figures = await measureNodes({ bench, world, pace }, few, [1, 2]);
    expect(figures.map(({ title, nodes }) => [title, nodes])).toEqual(
      few.flatMap(({ title }) => [
        [title, 1],
        [title, 2],
      ]),
    );
    for (const { requestsPerSecond, cpuUs, busyCores } of figures) {
      expect(requestsPerSecond).toBeGreaterThan(0);
      expect(busyCores).toBeGreaterThan(0);
      for (const part of Object.values(cpuUs)) expect(part !== undefined).toBe(onLinux);
    }
  });

  it('measures what rows and requests take on the disk', async () => {
    const contender = contenders[0]!;
    const wal = await measureWal(measurement, { ...sessionScenarios[1]!, connections }, contender, 11);
    expect(Math.min(wal.afterCheckpoint, wal.later)).toBeGreaterThan(0);
    const sizes = await readTableSizes(contender.world);
    const sessions = sizes.find(({ name }) => name === 'sessions')!;
    expect(sessions.rows).toBeGreaterThanOrEqual(users);
    expect(sessions.table / sessions.rows).toBeGreaterThan(100);
    expect(sessions.indexes['sessions_pkey']! / sessions.rows).toBeGreaterThan(16);
    expect(renderSizes(sizes)).toContain('| sessions | ');
    expect(renderWal([wal])).toContain(`| ${wal.title} | `);
  });

  it('stops at an answer that is no success, and shows it', async () => {
    const refused: Scenario = {
      name: 'refused',
      title: 'no token',
      makeRequests: () => [{ method: 'GET', path: '/auth/verify', headers: {} }],
    };
    await expect(measurement.run(refused, contenders)).rejects.toThrow(/refused, service: .*failed.*401/s);
  });

  it('stops if one-time requests are used up', async () => {
    const few: Scenario = {
      ...guardedScenarios[0]!,
      isOneTime: true,
    };
    await expect(measurement.run(few, contenders)).rejects.toThrow('too few one-time requests');
  });

  it('names each scenario once', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the report of a benchmark', () => {
  const figures = (cpuUs: number | undefined): Figures => ({
    requestsPerSecond: 1_234.5,
    p50Ms: 1,
    p99Ms: 2,
    cpuUs,
    postgresCpuUs: undefined,
    peakMemoryMiB: 100,
  });

  it('divides what the service needs by what its limit needs', () => {
    const table = renderPairs([{ title: 'login', service: figures(300), limit: figures(200) }]);
    expect(table).toContain('| login | service | 1,235 | 1 | 2 | 300 | 1.5 × | not measured | – | 100 |');
  });

  it('says what could not be measured', () => {
    const pair = { title: 'login', service: figures(undefined), limit: figures(undefined) };
    expect(renderPairs([pair])).toContain('| not measured | – | not measured | – |');
    const start = { readyMs: 500, readyCpuMs: undefined, peakMemoryMiB: undefined };
    expect(renderStart({ title: 'start', service: start, limit: start })).toContain(
      '| start | service | 500 | not measured | not measured |',
    );
    expect(drawPairs([pair])).toContain('login');
  });

  it('divides what the service needs with traces by what it needs without', () => {
    const table = renderTracing([
      { title: 'login', traces: ['off', 'all requests'], figures: [figures(200), figures(300)] },
    ]);
    expect(table).toContain('| login | off | 1,235 | 1 | 2 | 200 |  | not measured |  | 100 |');
    expect(table).toContain('|  | all requests | 1,235 | 1 | 2 | 300 | 1.5 × | not measured | – | 100 |');
    const start = { readyMs: 500, readyCpuMs: 400, peakMemoryMiB: 100 };
    const starts = renderTracingStart([start, { ...start, readyMs: 600 }]);
    expect(starts).toContain('| on | 600 | 400 | 100 |');
  });

  it('says how much memory each part of the load took, and compares both halves', () => {
    const samples = [0, 30, 60, 100].map((answers) => ({ answers, residentMiB: 100 + answers }));
    const table = renderMemory([{ server: 'service', samples }], 100);
    expect(table).toContain('| to 10 | 130 |');
    expect(table).toContain('| to 100 | 200 |');
    expect(table).toContain('service: at most 160 MiB in the first half, 200 MiB in the second.');
  });

  it.each([
    [1, 2_400, 3, 'the core of each node'],
    [4, 4_300, 4, 'all 4 cores'],
    [4, 1_000, 4, 'all 4 cores, by other programs, too'],
    [4, 1_000, 1, 'no processor: 1 of 4 busy'],
  ])(
    'says what %i nodes use up first with %i requests a second and %i busy cores',
    (nodes, perSecond, busyCores, words) => {
      const table = renderNodes([
        {
          title: 'login',
          nodes,
          requestsPerSecond: perSecond,
          p50Ms: 1,
          p99Ms: 2,
          cpuUs: { nodes: 400, postgres: 300, load: 200 },
          busyCores,
          cores: 4,
        },
      ]);
      expect(table).toContain(`| login | ${words} | ${nodes} |`);
    },
  );

  it('replaces its own section of results.md and leaves the others', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-report-'));
    const save = (heading: string, text: string) =>
      saveResults(
        { heading, text, picture: { file: 'p.svg', description: 'CPU', svg: '<svg/>' } },
        directory,
      );
    try {
      await save('Limit', 'Old figures.');
      await save('Growth', 'Other figures.');
      await save('Limit', 'New figures.');
      const text = readFileSync(join(directory, 'results.md'), 'utf8');
      expect(text.match(/^#.*|^.* figures\.$/gm)).toEqual([
        '# Results',
        '## Limit',
        'New figures.',
        '## Growth',
        'Other figures.',
      ]);
      expect(readFileSync(join(directory, 'p.svg'), 'utf8')).toBe('<svg/>');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
