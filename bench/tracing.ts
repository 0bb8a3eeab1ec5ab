import { useBench } from './harness/bench.js';
import { reserveCore } from './harness/cores.js';
import { measureStart } from './harness/measure-start.js';
import { describeRun } from './report/machine.js';
import { saveResults } from './report/results-file.js';
import { renderTracing, renderTracingStart, type TracingCost } from './report/tracing-report.js';
import { guardedScenarios } from './scenarios/guarded.js';
import { loginKnown } from './scenarios/sessions.js';

/*
 * What traces cost: the service without them, beside itself with one request in 100 traced, and with all. `npm run build && npm
 * run bench:tracing`; with `-- 1` for another number of rounds, and results.md stays as it is.
 */

const users = 10_000;
const defaultRounds = 5;

const [given] = process.argv.slice(2).map(Number);
const rounds = given ?? defaultRounds;
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('The number of rounds is whole, and at least 1.');
  process.exit(1);
}
const pace = { warmUpRequests: 2_000, rounds, roundSeconds: 2 };

await useBench({ pace, cores: reserveCore() }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const world = await bench.createWorld(users);
  // The stand-in for WeChat takes traces, too: it reads them, and answers 204.
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: bench.wechat.url };
  const oneIn100 = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
  const contenders = [
    bench.service('off', world),
    bench.service('one request in 100', world, { ...traced, ...oneIn100 }),
    bench.service('all requests', world, traced),
  ];
  const costs: TracingCost[] = [];
  for (const scenario of [loginKnown, guardedScenarios[0]!]) {
    console.log(`${scenario.name} …`);
    const figures = await bench.measurement.run(scenario, contenders);
    costs.push({ title: scenario.title, traces: contenders.map(({ name }) => name), figures });
  }
  const [off, , on] = contenders;
  const tables = [renderTracing(costs), renderTracingStart(await measureStart([off!, on!], rounds))];
  console.log(`\n${tables.join('\n\n')}`);
  if (given !== undefined) return;
  await saveResults({ heading: 'Traces', text: [machine, ...tables].join('\n\n') });
});
