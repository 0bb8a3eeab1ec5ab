import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scheduleSoak, soak } from './books/soak.js';
import { describeMachine } from './report/machine.js';
import { judgeMemory, renderSoak } from './report/soak-report.js';
import { saveResults } from './report/results-file.js';

/*
 * Whether the service keeps its promises over time, while Postgres is restarted and nodes are killed.
 * `npm run build && npm run soak`; with `-- --minutes 1` for a try, and results.md stays as it is.
 */

const defaultMinutes = 15;
/** Below, a node that was started again has not yet all the memory that it will have. */
const minMinutesForMemory = 10;

const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
const minutes = Number(values.minutes ?? defaultMinutes);
if (!(minutes > 0)) {
  console.error('--minutes must be a number above 0.');
  process.exit(1);
}

// Postgres ends with this process, but only if it exits by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const logs = mkdtempSync(join(tmpdir(), 'weapp-auth-soak-logs-'));
const report = await soak({
  keepLogs: logs,
  load: { phones: 60, thinkMs: 1_500 },
  ...scheduleSoak(minutes * 60),
});
if (minutes >= minMinutesForMemory) report.verdicts.push(judgeMemory(report));
const machine = describeMachine(report.postgresVersion);
const table = renderSoak(report);
console.log(`${machine}\n\n${table}`);
if (values.minutes === undefined) await saveResults({ heading: 'Soak', text: [machine, table].join('\n\n') });
if (report.verdicts.some(({ broken }) => broken.length > 0)) {
  console.log(`\nThe logs of the nodes are in ${logs}.`);
  process.exitCode = 1;
} else rmSync(logs, { recursive: true });
