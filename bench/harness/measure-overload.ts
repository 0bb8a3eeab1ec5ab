import { openidOf, phoneAddress, pickUser } from '../world/users.js';
import { loginCode } from '../world/wechat-stand-in.js';
import { bearer, post, series } from '../scenarios/scenario.js';
import type { Bench } from './bench.js';
import type { Contender } from './contender.js';
import type { LoadRequest } from './load.js';
import type { ServerProcess } from './server-process.js';
import { largest, percentile } from './statistics.js';
import { loadSteadily, type Outcome } from './steady-load.js';

/** Seconds of each phase. */
export interface OverloadPace {
  warmUpSeconds: number;
  capacitySeconds: number;
  calmSeconds: number;
  overloadSeconds: number;
  recoverySeconds: number;
}

/** What became of the requests of one phase. */
export interface PhaseFigures {
  offeredPerSecond: number;
  acceptedPerSecond: number;
  /** Of the accepted. */
  p50Ms: number;
  p99Ms: number;
  /** Refused with `overloaded`. */
  refusedPerSecond: number;
  refusalP50Ms: number;
  refusalP99Ms: number;
  /** Other problems, or none at all, by code. */
  failures: Record<string, number>;
  /** Of guarded requests beside the logins. */
  guardedP99Ms: number;
  /** Guarded requests without a good answer. */
  guardedFailures: number;
  /** The most memory up to its end. */
  peakMemoryMiB: number | undefined;
}

/** What overload did. */
export interface OverloadFigures {
  wechatDelayMs: number;
  /** Logins per second that it can do if WeChat answers at once. */
  capacity: number;
  /** With half of its capacity. */
  calm: PhaseFigures;
  /** With three times its capacity. */
  overload: PhaseFigures;
  /** With half of its capacity again, right afterwards. */
  after: PhaseFigures;
  /** Seconds after the overload until requests were answered as before it; undefined if none was before it. */
  recoverySeconds: number | undefined;
}

/** Connections at which the service has always something to do. */
const capacityConnections = 64;
const maxLoginsPerSecond = 5_000;
const guardedPerSecond = 50;
/** The default of `WECHAT_MAX_CONCURRENCY`. */
const wechatMaxConcurrency = 256;
/** Slower than so many times the p99 before the overload: not recovered. */
const recoveredFactor = 2;

/** Sends a server half of the logins that it can do, then three times as many as it can do, then half again. */
export async function measureOverload(options: {
  bench: Bench;
  contender: Contender;
  wechatDelayMs: number;
  pace: OverloadPace;
}): Promise<OverloadFigures> {
  const { bench, contender, wechatDelayMs, pace } = options;
  bench.wechat.delayMs = 0;
  const server = await contender.start();
  const { world } = contender;
  let next = 0;
  const nextLogin = (): LoadRequest => {
    const serial = next++;
    const code = loginCode(openidOf(pickUser(serial, world.users)), serial);
    return post('/auth/login', { code }, { 'x-forwarded-for': phoneAddress(serial) });
  };
  const guarded: LoadRequest = {
    method: 'GET',
    path: '/auth/verify',
    headers: bearer(world.accessToken(0)),
  };
  const saturate = async (seconds: number) => {
    const requests = series(0, seconds * maxLoginsPerSecond, nextLogin);
    const { answers, seconds: taken } = await bench.load(server.url, requests, {
      connections: capacityConnections,
      seconds,
    });
    return answers / taken;
  };
  const runPhase = async (requestsPerSecond: number, seconds: number) => {
    const [logins, verified] = await Promise.all([
      loadSteadily(server.url, { requestsPerSecond, seconds, makeRequest: nextLogin }),
      loadSteadily(server.url, {
        requestsPerSecond: guardedPerSecond,
        seconds,
        makeRequest: () => guarded,
      }),
    ]);
    return { logins, figures: toFigures(requestsPerSecond, seconds, logins, verified, server) };
  };
  try {
    await saturate(pace.warmUpSeconds);
    const capacity = await saturate(pace.capacitySeconds);
    bench.wechat.delayMs = wechatDelayMs;
    // If WeChat is slow, half of what the calls at the same time make possible.
    const maxRate = wechatDelayMs === 0 ? capacity : (wechatMaxConcurrency * 1_000) / wechatDelayMs;
    const calmRate = Math.min(capacity, maxRate) / 2;
    const calm = await runPhase(calmRate, pace.calmSeconds);
    const overload = await runPhase(3 * capacity, pace.overloadSeconds);
    const after = await runPhase(calmRate, pace.recoverySeconds);
    return {
      wechatDelayMs,
      capacity,
      calm: calm.figures,
      overload: overload.figures,
      after: after.figures,
      recoverySeconds: recoveryOf(after.logins, recoveredFactor * calm.figures.p99Ms),
    };
  } finally {
    bench.wechat.delayMs = 0;
    await server.stop();
  }
}

function toFigures(
  offeredPerSecond: number,
  seconds: number,
  logins: Outcome[],
  guarded: Outcome[],
  server: ServerProcess,
): PhaseFigures {
  const accepted = timesOf(logins.filter(({ status }) => status === 200));
  const refused = timesOf(logins.filter(({ code }) => code === 'overloaded'));
  const failures: Record<string, number> = {};
  for (const { status, code = 'no answer' } of logins) {
    if (status !== 200 && code !== 'overloaded') failures[code] = (failures[code] ?? 0) + 1;
  }
  // Until the last answer: after the load has ended, the service still works at what it has accepted.
  const took = Math.max(seconds, largest(logins.map(({ sentAtMs, ms }) => sentAtMs + ms)) / 1_000);
  const verified = guarded.filter(({ status }) => status === 204);
  return {
    offeredPerSecond,
    acceptedPerSecond: accepted.length / took,
    p50Ms: percentile(accepted, 0.5),
    p99Ms: percentile(accepted, 0.99),
    refusedPerSecond: refused.length / seconds,
    refusalP50Ms: percentile(refused, 0.5),
    refusalP99Ms: percentile(refused, 0.99),
    failures,
    guardedP99Ms: percentile(timesOf(verified), 0.99),
    guardedFailures: guarded.length - verified.length,
    peakMemoryMiB: server.peakMemoryMiB,
  };
}

function timesOf(outcomes: Outcome[]): number[] {
  return outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
}

/** The last moment at which a request was sent that was not answered as usual. */
function recoveryOf(outcomes: Outcome[], usualMs: number): number | undefined {
  if (Number.isNaN(usualMs)) return undefined;
  const unusual = outcomes.filter(({ status, ms }) => status !== 200 || ms > usualMs);
  return largest(unusual.map(({ sentAtMs }) => sentAtMs)) / 1_000;
}
