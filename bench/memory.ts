import { useBench } from './harness/bench.js';
import { reserveCore } from './harness/cores.js';
import { describeRun } from './report/machine.js';
import { formatNumber } from './report/numbers.js';
import { logProgress } from './report/progress.js';
import { drawMemory, type MemoryCourse, renderMemory } from './report/memory-report.js';
import { saveResults } from './report/results-file.js';
import { loginKnown } from './scenarios/sessions.js';

/*
 * The memory of the service, and of its limit, while users log in. `npm run build && npm run bench:memory`; with `-- 50000` for
 * another number of logins, and results.md stays as it is.
 */

const users = 250_000;
const defaultLogins = 1_000_000;
const pace = { warmUpRequests: 0, rounds: 1, roundSeconds: 5 };

const [given] = process.argv.slice(2).map(Number);
const logins = given ?? defaultLogins;
if (!Number.isInteger(logins) || logins < 1) {
  console.error('The number of logins is whole, and at least 1.');
  process.exit(1);
}

await useBench({ pace, cores: reserveCore() }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const courses: MemoryCourse[] = [];
  for (const contender of await bench.createPair(users)) {
    let reported = 0;
    const samples = await bench.measurement.watchMemory(loginKnown, contender, logins, (sample) => {
      if (sample.answers < reported) return;
      reported += logins / 10;
      const { answers, residentMiB } = sample;
      logProgress(`${contender.name}: ${answers} logins, ${formatNumber(residentMiB)} MiB`);
    });
    courses.push({ server: contender.name, samples });
  }
  const table = renderMemory(courses, logins);
  console.log(`\n${table}`);
  if (given !== undefined) return;
  await saveResults({
    heading: 'Memory',
    text: [machine, table].join('\n\n'),
    picture: {
      file: 'memory.svg',
      description: 'Memory of the service and of the hand-written server while users log in',
      svg: drawMemory(courses, logins),
    },
  });
});
