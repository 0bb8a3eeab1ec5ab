import type { Figures } from '../harness/measure.js';
import { drawBarChart } from './bar-chart.js';
import { formatNumber, formatRatio, ratio } from './numbers.js';
import { renderTable } from './table.js';

/** One scenario on databases or nodes of several sizes. */
export interface Growth {
  title: string;
  /** The smallest first. */
  sizes: { label: string; figures: Figures }[];
}

/** A row for each size. Ratios are to the smallest. */
export function renderGrowth(growths: Growth[]): string {
  const head = [
    'scenario',
    'size',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    '× smallest',
    'Postgres CPU µs',
    '× smallest',
    'peak MiB',
  ];
  const rows = growths.flatMap(({ title, sizes }) =>
    sizes.map(({ label, figures }, index) => {
      const smallest = sizes[0]!.figures;
      const times = (name: 'cpuUs' | 'postgresCpuUs') =>
        index === 0 ? '' : formatRatio(ratio(figures[name], smallest[name]));
      return [
        index === 0 ? title : '',
        label,
        formatNumber(figures.requestsPerSecond),
        formatNumber(figures.p50Ms),
        formatNumber(figures.p99Ms),
        formatNumber(figures.cpuUs),
        times('cpuUs'),
        formatNumber(figures.postgresCpuUs),
        times('postgresCpuUs'),
        formatNumber(figures.peakMemoryMiB),
      ];
    }),
  );
  return renderTable(head, rows, 2);
}

/** CPU of server and Postgres together, as a multiple of the smallest size's. */
export function drawGrowth(growths: Growth[]): string {
  return drawBarChart({
    title: 'CPU per request, server and Postgres, as a multiple of the smallest size (dashed line)',
    series: growths[0]!.sizes.map(({ label }) => label),
    groups: growths.map(({ title, sizes }) => ({
      label: title,
      values: sizes.map(({ figures }) => ratio(totalCpu(figures), totalCpu(sizes[0]!.figures))),
    })),
    mark: 1,
    format: formatRatio,
  });
}

function totalCpu({ cpuUs, postgresCpuUs }: Figures): number | undefined {
  return cpuUs === undefined || postgresCpuUs === undefined ? undefined : cpuUs + postgresCpuUs;
}
