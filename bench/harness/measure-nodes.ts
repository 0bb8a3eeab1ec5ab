import { cpus } from 'node:os';
import type { Scenario } from '../scenarios/scenario.js';
import type { World } from '../world/world.js';
import type { Bench } from './bench.js';
import type { LoadRequest, LoadResult } from './load.js';
import type { Pace } from './measure.js';
import { readCpuAndEndedUs } from './proc.js';
import type { ServerProcess } from './server-process.js';
import { median, perRequest } from './statistics.js';

/** Microseconds of CPU per request. Undefined: not measured on this system. */
export interface CpuShares {
  /** All nodes together. */
  nodes: number | undefined;
  postgres: number | undefined;
  /** What makes the requests, and what stands in for WeChat. */
  load: number | undefined;
}

/** What so many nodes on one Postgres did under load. */
export interface NodesFigures {
  title: string;
  nodes: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuUs: CpuShares;
  /** Processors that were busy, with whatever else ran on the machine. */
  busyCores: number;
  /** Processors of the machine. */
  cores: number;
}

/**
 * Logins a second that no node reaches. So many one-time requests are made, and no more: the nodes before the last one wait for
 * WeChat's stand-in, which is in this process, while they are written.
 */
const maxRequestsPerSecond = 4_000;
const defaultConnections = 16;

/** A machine that is too slow for all requests of the warm-up begins all the same. */
const maxWarmUpRounds = 5;

/** The figures of one round. */
type RoundFigures = Omit<NodesFigures, 'title' | 'nodes' | 'cores'> & { answers: number };

/**
 * Loads the first node alone, then the first two, and so on, the same load per node, round after round. The figures are medians of
 * the rounds.
 *
 * @param counts numbers of nodes
 * @throws if a request is not answered with status 2xx
 */
export async function measureNodes(
  { bench, world, pace }: { bench: Bench; world: World; pace: Pace },
  scenarios: Scenario[],
  counts: number[],
): Promise<NodesFigures[]> {
  const servers: ServerProcess[] = [];
  try {
    for (let number = 1; number <= Math.max(...counts); number += 1) {
      servers.push(await bench.service(`node ${number}`, world).start());
    }
    const figures: NodesFigures[] = [];
    for (const scenario of scenarios) {
      const makeRequests = requestMaker(scenario, world, pace.roundSeconds * maxRequestsPerSecond);
      const runRound = (count: number) =>
        measureRound(bench, scenario, servers.slice(0, count), pace.roundSeconds, makeRequests);
      let answers = 0;
      for (
        let round = 0;
        round < maxWarmUpRounds && answers < pace.warmUpRequests * servers.length;
        round += 1
      ) {
        answers += (await runRound(servers.length)).answers;
      }
      const rounds = new Map<number, RoundFigures[]>(counts.map((count) => [count, []]));
      for (let round = 0; round < pace.rounds; round += 1) {
        for (const [count, done] of rounds) done.push(await runRound(count));
      }
      for (const [nodes, done] of rounds) {
        figures.push({ title: scenario.title, nodes, cores: cpus().length, ...mediansOf(done) });
      }
    }
    return figures;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Requests that nobody has sent yet, or the same as before if they may be sent again. */
function requestMaker(
  { isOneTime, makeRequests }: Scenario,
  world: World,
  count: number,
): () => LoadRequest[] {
  let next = 0;
  const makeNew = () => makeRequests(world, (next += count) - count, count);
  if (isOneTime) return makeNew;
  const requests = makeNew();
  return () => requests;
}

async function measureRound(
  { load, databases }: Bench,
  { name, connections = defaultConnections }: Scenario,
  servers: ServerProcess[],
  seconds: number,
  makeRequests: () => LoadRequest[],
): Promise<RoundFigures> {
  const requests = servers.map(() => makeRequests());
  const readCpu = (): CpuShares => ({
    nodes: sumOf(servers.map(({ cpuUs }) => cpuUs)),
    postgres: databases.cpuUs,
    load: readCpuAndEndedUs(process.pid),
  });
  const before = readCpu();
  const [busyBefore, began] = [readBusyMs(), performance.now()];
  const results = await Promise.all(
    servers.map((server, index) => load(server.url, requests[index]!, { connections, seconds })),
  );
  const after = readCpu();
  const busyCores = (readBusyMs() - busyBefore) / (performance.now() - began);
  const answers = results.reduce((sum, result) => sum + result.answers, 0);
  const failures = results.reduce((sum, result) => sum + result.failures, 0);
  if (failures > 0 || answers === 0) {
    throw new Error(
      `${name}, ${servers.length} nodes: ${failures} of ${answers + failures} requests failed. The log of the first node ends with:\n${servers[0]!.lastLog}`,
    );
  }
  const share = (part: keyof CpuShares) => perRequest(before[part], after[part], answers);
  return {
    answers,
    requestsPerSecond: results.reduce((sum, result) => sum + result.answers / result.seconds, 0),
    p50Ms: meanOf(results, 'p50Ms'),
    p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    cpuUs: { nodes: share('nodes'), postgres: share('postgres'), load: share('load') },
    busyCores,
  };
}

/**
 * Milliseconds for which all processors together had something to do so far. Not what is left of their idle time: Linux adds that
 * up late, so that a short round could have more of it than it lasted.
 */
function readBusyMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}

/** Weighted with the answers of each node. */
function meanOf(results: LoadResult[], figure: 'p50Ms'): number {
  const answers = results.reduce((sum, result) => sum + result.answers, 0);
  return results.reduce((sum, result) => sum + result[figure] * result.answers, 0) / answers;
}

function sumOf(values: (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  );
}

function mediansOf(rounds: RoundFigures[]): Omit<RoundFigures, 'answers'> {
  return {
    requestsPerSecond: median(rounds.map(({ requestsPerSecond }) => requestsPerSecond))!,
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms))!,
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms))!,
    cpuUs: {
      nodes: median(rounds.map(({ cpuUs }) => cpuUs.nodes)),
      postgres: median(rounds.map(({ cpuUs }) => cpuUs.postgres)),
      load: median(rounds.map(({ cpuUs }) => cpuUs.load)),
    },
    busyCores: median(rounds.map(({ busyCores }) => busyCores))!,
  };
}
