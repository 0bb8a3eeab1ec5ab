import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { failOver, judgeConnections } from './books/failover.js';
import { findMissingPackages } from './harness/patroni-cluster.js';
import { renderFailover } from './report/failover-report.js';
import { describeMachine } from './report/machine.js';
import { saveResults } from './report/results-file.js';

/*
 * What a failover of Postgres does to logins, refreshes and guarded requests, with a Patroni cluster on this machine.
 * `npm run build && npm run chaos:failover`; with `-- --pgbouncer`, the nodes reach the cluster by way of a PgBouncer.
 */

const { values } = parseArgs({ options: { pgbouncer: { type: 'boolean', default: false } } });
const hasPooler = values.pgbouncer;
const missing = findMissingPackages(hasPooler);
if (missing.length > 0) {
  console.error(`Debian's packages ${missing.join(', ')} are missing: apt-get install ${missing.join(' ')}`);
  process.exit(1);
}

// Servers end with this process, but only if it exits by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const logs = mkdtempSync(join(tmpdir(), 'weapp-auth-failover-logs-'));
const report = await failOver({ load: { phones: 60, thinkMs: 1_000 }, keepLogs: logs, hasPooler });
report.verdicts.push(judgeConnections(report));
const machine = describeMachine(report.postgresVersion);
const table = renderFailover(report);
console.log(`${machine}\n\n${table}`);
await saveResults({
  heading: hasPooler ? 'Failover with PgBouncer' : 'Failover',
  text: [machine, table].join('\n\n'),
});
if (report.verdicts.some(({ broken }) => broken.length > 0)) {
  console.log(`\nThe logs of the nodes are in ${logs}.`);
  process.exitCode = 1;
} else rmSync(logs, { recursive: true });
