import type { Scenario } from '../scenarios/scenario.js';
import type { Contender } from './contender.js';
import type { Databases } from './databases.js';
import type { Load, LoadRequest, LoadResult } from './load.js';
import type { ServerProcess } from './server-process.js';
import { median, perRequest } from './statistics.js';

/** What a server did under load. Undefined: not measured on this system. */
export interface Figures {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Microseconds of CPU of the server, per request. */
  cpuUs: number | undefined;
  /** The same of Postgres. */
  postgresCpuUs: number | undefined;
  /** MiB, until the end of the last round. */
  peakMemoryMiB: number | undefined;
}

/** The memory of a server after so many answers. */
export interface MemorySample {
  answers: number;
  /** MiB that it has in memory; undefined if this system does not say. */
  residentMiB: number | undefined;
}

/** How long to measure. */
export interface Pace {
  /** Requests before the first round, so that Node has compiled what is used. */
  warmUpRequests: number;
  rounds: number;
  roundSeconds: number;
}

/** Requests a second that no server reaches. So many one-time requests are made. */
const maxRequestsPerSecond = 15_000;
const defaultConnections = 32;

/** A machine that is too slow for all requests of the warm-up begins all the same. */
const maxWarmUpRounds = 5;

/** A round without an answer is no round. After so many in a row, there is no server. */
const maxEmptyRounds = 20;

/** A contender that runs. */
interface Runner {
  contender: Contender;
  server: ServerProcess;
  /** Serial of the first request that has not been made yet. */
  next: number;
  /** The requests of each round, if they may be sent more than once. */
  requests?: LoadRequest[];
  rounds: RoundFigures[];
}

/** The figures of one round. */
type RoundFigures = Omit<Figures, 'peakMemoryMiB'> & { answers: number };

/** Measures servers side by side. */
export class Measurement {
  constructor(
    private readonly databases: Databases,
    private readonly load: Load,
    private readonly pace: Pace,
  ) {}

  /**
   * Sends each contender the same load in turn, round after round: whatever slows the machine down for a while slows all of
   * them. The figures are medians of the rounds.
   *
   * @returns in the order of the contenders
   * @throws if a request is not answered with status 2xx
   */
  async run(scenario: Scenario, contenders: Contender[]): Promise<Figures[]> {
    const runners: Runner[] = [];
    try {
      for (const contender of contenders) {
        await scenario.prepare?.(contender.world);
        runners.push({ contender, server: await contender.start(scenario.hasWebhook), next: 0, rounds: [] });
      }
      for (const runner of runners) await this.warmUp(scenario, runner);
      for (let round = 0; round < this.pace.rounds; round += 1) {
        for (const runner of runners) runner.rounds.push(await this.runRound(scenario, runner));
      }
      return runners.map(({ server, rounds }) => ({
        ...mediansOf(rounds),
        peakMemoryMiB: server.peakMemoryMiB,
      }));
    } finally {
      await Promise.all(runners.map(({ server }) => server.stop()));
    }
  }

  /**
   * Sends a server requests until it has answered so many, and looks at its memory after each round.
   *
   * @param report called with each sample
   * @returns the first sample is from before the load
   * @throws if a request is not answered with status 2xx
   */
  async watchMemory(
    scenario: Scenario,
    contender: Contender,
    answers: number,
    report: (sample: MemorySample) => void = () => {},
  ): Promise<MemorySample[]> {
    const samples: MemorySample[] = [];
    await this.eachRound(scenario, contender, answers, (answered, { residentMiB }) => {
      const sample = { answers: answered, residentMiB };
      samples.push(sample);
      report(sample);
    });
    return samples;
  }

  /**
   * Sends a server requests until it has answered so many.
   *
   * @param look is called before the load and after each round, with the number of answers so far
   * @throws if a request is not answered with status 2xx
   */
  async eachRound(
    scenario: Scenario,
    contender: Contender,
    answers: number,
    look: (answered: number, server: ServerProcess) => void | Promise<void>,
  ): Promise<void> {
    await scenario.prepare?.(contender.world);
    const server = await contender.start();
    const runner: Runner = { contender, server, next: 0, rounds: [] };
    try {
      await look(0, server);
      for (let answered = 0; answered < answers;) {
        answered += (await this.runRound(scenario, runner)).answers;
        await look(answered, server);
      }
    } finally {
      await server.stop();
    }
  }

  private async warmUp(scenario: Scenario, runner: Runner): Promise<void> {
    let answers = 0;
    for (let round = 0; round < maxWarmUpRounds && answers < this.pace.warmUpRequests; round += 1) {
      answers += (await this.runRound(scenario, runner)).answers;
    }
  }

  private async runRound(scenario: Scenario, runner: Runner): Promise<RoundFigures> {
    for (let attempt = 0; attempt < maxEmptyRounds; attempt += 1) {
      const figures = await this.attemptRound(scenario, runner);
      if (figures.answers > 0) return figures;
    }
    throw new Error(`${scenario.name}, ${runner.contender.name}: no request was answered.`);
  }

  private async attemptRound(scenario: Scenario, runner: Runner): Promise<RoundFigures> {
    const { name, connections = defaultConnections, isOneTime = false } = scenario;
    const { contender, server } = runner;
    const seconds = this.pace.roundSeconds;
    const requests = takeRequests(scenario, runner, seconds * maxRequestsPerSecond);
    const before = { server: server.cpuUs, postgres: this.databases.cpuUs };
    const result = await this.load(server.url, requests, { connections, seconds });
    const after = { server: server.cpuUs, postgres: this.databases.cpuUs };
    const fault = faultOf(result, isOneTime ? requests.length - connections : Infinity);
    if (fault !== undefined) {
      throw new Error(
        `${name}, ${contender.name}: ${fault}. It answers the first request with:\n${await tryRequest(server.url, requests[0]!)}\nIts log ends with:\n${server.lastLog}`,
      );
    }
    return {
      answers: result.answers,
      requestsPerSecond: result.answers / result.seconds,
      p50Ms: result.p50Ms,
      p99Ms: result.p99Ms,
      cpuUs: perRequest(before.server, after.server, result.answers),
      postgresCpuUs: perRequest(before.postgres, after.postgres, result.answers),
    };
  }
}

/** New requests for a round, or the same as before if they may be sent again. */
function takeRequests({ isOneTime, makeRequests }: Scenario, runner: Runner, count: number): LoadRequest[] {
  const requests = runner.requests ?? makeRequests(runner.contender.world, runner.next, count);
  if (isOneTime !== true) runner.requests = requests;
  runner.next += count;
  return requests;
}

function faultOf({ answers, failures }: LoadResult, maxAnswers: number): string | undefined {
  if (failures > 0) return `${failures} of ${answers + failures} requests failed`;
  // The list has begun again.
  if (answers > maxAnswers) return 'there were too few one-time requests for so fast a server';
  return undefined;
}

function mediansOf(rounds: RoundFigures[]): Omit<Figures, 'peakMemoryMiB'> {
  return {
    requestsPerSecond: median(rounds.map(({ requestsPerSecond }) => requestsPerSecond))!,
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms))!,
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms))!,
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
    postgresCpuUs: median(rounds.map(({ postgresCpuUs }) => postgresCpuUs)),
  };
}

async function tryRequest(url: string, { method, path, headers, body }: LoadRequest): Promise<string> {
  const response = await fetch(url + path, { method, headers, body });
  return `${response.status} ${(await response.text()).slice(0, 500)}`;
}
