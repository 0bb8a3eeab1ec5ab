import { type Bench, useBench } from './harness/bench.js';
import type { Contender } from './harness/contender.js';
import { reserveCore } from './harness/cores.js';
import { drawGrowth, type Growth, renderGrowth, summarizeGrowth } from './report/growth-report.js';
import { describeRun } from './report/machine.js';
import { formatNumber } from './report/numbers.js';
import { logProgress } from './report/progress.js';
import { saveResults } from './report/results-file.js';
import { byNickname, byPhone, firstPage, latePage, otherSearches } from './scenarios/admin-search.js';
import { guardedScenarios } from './scenarios/guarded.js';
import type { Scenario } from './scenarios/scenario.js';
import { sessionScenarios } from './scenarios/sessions.js';
import { saveRevocations } from './world/revocations.js';

/*
 * What the service costs with few users and with many, on databases side by side. `npm run build && npm run bench:growth`;
 * with `-- 10000 1000000 10000000` for other numbers of users. Rounds are short, since many scenarios are measured on each.
 */

const defaultSizes = [10_000, 1_000_000];
const pace = { warmUpRequests: 2_000, rounds: 5, roundSeconds: 1 };

/** Sessions that were revoked and are not forgotten yet. */
const revocations = 100_000;

/** The smallest database has so many pages. */
const lateNumber = 400;

const scenarios = [
  ...sessionScenarios,
  firstPage,
  latePage(lateNumber),
  byPhone,
  byNickname,
  ...otherSearches,
];

const given = process.argv.slice(2).map(Number);
if (given.some((size) => !Number.isInteger(size) || size < defaultSizes[0]!)) {
  console.error(`Numbers of users are whole, and at least ${defaultSizes[0]}.`);
  process.exit(1);
}
const sizes = (given.length > 0 ? given : defaultSizes).toSorted((a, b) => a - b);

/** The scenarios that could be measured: the others cost minutes, and tell something all the same. */
async function measureGrowths(
  bench: Bench,
  measured: Scenario[],
  contenders: Contender[],
): Promise<Growth[]> {
  const growths: Growth[] = [];
  for (const scenario of measured) {
    try {
      const figures = await bench.measurement.run(scenario, contenders);
      const growth = {
        title: scenario.title,
        sizes: contenders.map(({ name }, index) => ({ label: name, figures: figures[index]! })),
      };
      growths.push(growth);
      logProgress(`${scenario.name}: ${summarizeGrowth(growth)}`);
    } catch (error) {
      console.error(String(error));
      process.exitCode = 1;
    }
  }
  return growths;
}

await useBench({ pace, cores: reserveCore() }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const contenders: Contender[] = [];
  for (const size of sizes) {
    const name = `${formatNumber(size)} users`;
    logProgress(`${name} …`);
    contenders.push(bench.service(name, await bench.createWorld(size)));
  }
  logProgress('The databases are ready.');
  const growths = await measureGrowths(bench, scenarios, contenders);

  const { world } = contenders[0]!;
  const revoked = await world.copy(bench.databases);
  await saveRevocations(revoked, revocations);
  // The one with more tokens than a node remembers is about signatures.
  const guards = await measureGrowths(bench, guardedScenarios.slice(0, 2), [
    bench.service('nothing revoked', world),
    bench.service(`${formatNumber(revocations)} revocations`, revoked),
  ]);
  const tables = [renderGrowth(growths), renderGrowth(guards)];
  console.log(`\n${tables.join('\n\n')}`);
  if (process.exitCode === 1) return;
  await saveResults({
    heading: 'Growth',
    text: [machine, ...tables].join('\n\n'),
    picture: {
      file: 'growth.svg',
      description: 'CPU per request with many users as a multiple of that with few',
      svg: drawGrowth(growths),
    },
  });
});
