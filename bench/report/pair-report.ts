import type { Figures } from '../harness/measure.js';
import type { StartFigures } from '../harness/measure-start.js';
import { type BarChart, drawBarChart } from './bar-chart.js';
import { type FiguresRow, renderFigures } from './figures-table.js';
import { formatNumber, formatRatio, ratio } from './numbers.js';
import { renderTable } from './table.js';

/** The service and its limit in one scenario. */
export interface Pair<Measured> {
  title: string;
  service: Measured;
  limit: Measured;
}

/** Two rows for each scenario. The ratios stand in the row of the service. */
export function renderPairs(pairs: Pair<Figures>[]): string {
  const rows = pairs.flatMap(({ title, service, limit }): FiguresRow[] => [
    { names: [title, 'service'], figures: service, base: limit },
    { names: ['', 'limit'], figures: limit },
  ]);
  return renderFigures(['scenario', 'server'], 'limit', rows);
}

/** The costs of one scenario, in a line. */
export function summarizePair({ service, limit }: Pair<Figures>): string {
  const cost = (name: 'cpuUs' | 'postgresCpuUs') =>
    `${formatNumber(service[name])} (${formatRatio(ratio(service[name], limit[name]))})`;
  return `CPU µs per request ${cost('cpuUs')}, of Postgres ${cost('postgresCpuUs')}`;
}

export function renderStart({ title, service, limit }: Pair<StartFigures>): string {
  const row = (name: string, server: string, { readyMs, readyCpuMs, peakMemoryMiB }: StartFigures) => [
    name,
    server,
    formatNumber(readyMs),
    formatNumber(readyCpuMs),
    formatNumber(peakMemoryMiB),
  ];
  return renderTable(
    ['scenario', 'server', 'ms', 'CPU ms', 'peak MiB'],
    [row(title, 'service', service), row('', 'limit', limit)],
    2,
  );
}

/** CPU per request as a multiple of the limit's. */
export function drawPairs(pairs: Pair<Figures>[]): string {
  const chart: BarChart = {
    title: 'CPU per request, as a multiple of the hand-written server (dashed line)',
    series: ['service', 'its Postgres'],
    groups: pairs.map(({ title, service, limit }) => ({
      label: title,
      // A guarded request asks no database.
      values: [
        ratio(service.cpuUs, limit.cpuUs),
        usesPostgres(limit) ? ratio(service.postgresCpuUs, limit.postgresCpuUs) : undefined,
      ],
    })),
    mark: 1,
    format: formatRatio,
  };
  return drawBarChart(chart);
}

/** Postgres has a little to do all the time: microseconds, if many requests share it. */
function usesPostgres({ postgresCpuUs = 0 }: Figures): boolean {
  return postgresCpuUs > 20;
}
