import { useBench } from './harness/bench.js';
import { reserveCore } from './harness/cores.js';
import { measureStart } from './harness/measure-start.js';
import type { Figures } from './harness/measure.js';
import { describeRun } from './report/machine.js';
import { drawPairs, type Pair, renderPairs, renderStart, summarizePair } from './report/pair-report.js';
import { logProgress } from './report/progress.js';
import { saveResults } from './report/results-file.js';
import { scenarios } from './scenarios/index.js';

/*
 * What the service costs, beside the same work written by hand. `npm run build && npm run bench`; with names of scenarios
 * only those, and results.md stays as it is.
 */

/** Users in the database: enough for ten thousand pages. */
const users = 250_000;
const pace = { warmUpRequests: 4_000, rounds: 5, roundSeconds: 2 };
const starts = 5;

const startName = 'start';
const names = process.argv.slice(2);
const known = [...scenarios.map(({ name }) => name), startName];
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(1);
}
const isWanted = (name: string) => names.length === 0 || names.includes(name);

await useBench({ pace, cores: reserveCore() }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const contenders = await bench.createPair(users);
  const pairs: Pair<Figures>[] = [];
  for (const scenario of scenarios.filter(({ name }) => isWanted(name))) {
    try {
      const [service, limit] = await bench.measurement.run(scenario, contenders);
      const pair = { title: scenario.title, service: service!, limit: limit! };
      pairs.push(pair);
      logProgress(`${scenario.name}: ${summarizePair(pair)}`);
    } catch (error) {
      // The others took minutes, and tell something all the same.
      console.error(String(error));
      process.exitCode = 1;
    }
  }
  const tables: string[] = [];
  if (pairs.length > 0) tables.push(renderPairs(pairs));
  if (isWanted(startName)) {
    const [service, limit] = await measureStart(contenders, starts);
    tables.push(renderStart({ title: 'start to ready', service: service!, limit: limit! }));
  }
  console.log(`\n${tables.join('\n\n')}`);
  if (names.length > 0 || process.exitCode === 1) return;
  await saveResults({
    heading: 'The service and its limit',
    text: [machine, ...tables].join('\n\n'),
    picture: {
      file: 'results.svg',
      description: 'CPU per request of the service as a multiple of the hand-written server',
      svg: drawPairs(pairs),
    },
  });
});
