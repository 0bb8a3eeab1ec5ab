import type { FailoverReport } from '../books/failover.js';
import { renderActs, renderOperations, renderVerdicts } from './books-report.js';
import { formatNumber } from './numbers.js';

export function renderFailover(report: FailoverReport): string {
  const { verdicts, connections, hasPooler } = report;
  const pooler = hasPooler ? ', and the PgBouncer of the guide before it' : '';
  return [
    `Two nodes, REVOCATION_MAX_STALENESS=60, synchronous_mode, otherwise the defaults of weapp-auth and Patroni, and the HAProxy of the guide${pooler}.`,
    renderActs(report, [
      {
        head: 'most connections',
        cell: ({ from, to }) => {
          const during = connections.filter(({ at }) => at >= from && at <= to);
          return formatNumber(Math.max(0, ...during.map((sample) => sample.connections)));
        },
      },
    ]),
    renderOperations(report),
    renderVerdicts(verdicts),
  ].join('\n\n');
}
