import { useBench } from './harness/bench.js';
import { measureNodes } from './harness/measure-nodes.js';
import { describeRun } from './report/machine.js';
import { byOthers, renderNodes } from './report/nodes-report.js';
import { saveResults } from './report/results-file.js';
import { guardedScenarios } from './scenarios/guarded.js';
import { loginKnown } from './scenarios/sessions.js';

/*
 * One, two and four nodes on one Postgres: what a request costs each part, and what is used up first.
 * `npm run build && npm run bench:nodes`
 */

const users = 100_000;
const pace = { warmUpRequests: 4_000, rounds: 5, roundSeconds: 3 };
const nodes = [1, 2, 4];
const notPinned = { server: undefined, description: 'all on all cores' };

await useBench({ pace, cores: notPinned }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const world = await bench.createWorld(users);
  const figures = await measureNodes({ bench, world, pace }, [loginKnown, guardedScenarios[1]!], nodes);
  const table = renderNodes(figures);
  console.log(`\n${table}`);
  const note = table.includes(byOthers)
    ? ['Other programs used the processors meanwhile: these figures are preliminary, and too high.']
    : [];
  await saveResults({ heading: 'Nodes', text: [machine, ...note, table].join('\n\n') });
});
