import { type Bench, useBench } from './harness/bench.js';
import { reserveCore } from './harness/cores.js';
import { measureOverload, type OverloadPace, type OverloadFigures } from './harness/measure-overload.js';
import { describeRun } from './report/machine.js';
import { renderOverload } from './report/overload-report.js';
import { logProgress } from './report/progress.js';
import { saveResults } from './report/results-file.js';

/*
 * What becomes of logins, and of guarded requests beside them, if three times as many come as the service can do.
 * `npm run build && npm run bench:overload`.
 */

const users = 50_000;
const pace: OverloadPace = {
  warmUpSeconds: 5,
  capacitySeconds: 5,
  calmSeconds: 5,
  overloadSeconds: 15,
  recoverySeconds: 10,
};

/** Milliseconds that WeChat takes for an answer. After three seconds, the service gives a call up. */
const wechatDelaysMs = [0, 2_500, 3_500];

async function measureAll(bench: Bench): Promise<OverloadFigures[]> {
  const contender = bench.service('service', await bench.createWorld(users), {
    // Each phone has an address of its own.
    TRUST_PROXY: '127.0.0.1',
  });
  const figures: OverloadFigures[] = [];
  for (const wechatDelayMs of wechatDelaysMs) {
    logProgress(`WeChat answers after ${wechatDelayMs} ms …`);
    figures.push(await measureOverload({ bench, contender, wechatDelayMs, pace }));
  }
  return figures;
}

await useBench(
  { pace: { warmUpRequests: 0, rounds: 1, roundSeconds: 1 }, cores: reserveCore() },
  async (bench) => {
    const machine = describeRun(bench);
    console.log(machine);
    const figures = await measureAll(bench);
    const table = renderOverload(figures);
    console.log(`\n${table}`);
    await saveResults({ heading: 'Overload', text: [machine, table].join('\n\n') });
  },
);
