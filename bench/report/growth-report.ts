import type { Figures } from '../harness/measure.js';
import { drawBarChart } from './bar-chart.js';
import { type FiguresRow, renderFigures } from './figures-table.js';
import { formatNumber, formatRatio, ratio } from './numbers.js';

/** One scenario on databases or nodes of several sizes. */
export interface Growth {
  title: string;
  /** The smallest first. */
  sizes: { label: string; figures: Figures }[];
}

/** A row for each size. Ratios are to the smallest. */
export function renderGrowth(growths: Growth[]): string {
  const rows = growths.flatMap(({ title, sizes: [smallest, ...others] }): FiguresRow[] => [
    { names: [title, smallest!.label], figures: smallest!.figures },
    ...others.map(({ label, figures }): FiguresRow => {
      return { names: ['', label], figures, base: smallest!.figures };
    }),
  ]);
  return renderFigures(['scenario', 'size'], 'smallest', rows);
}

/** CPU of server and Postgres together, in a line. */
export function summarizeGrowth({ sizes }: Growth): string {
  const smallest = totalCpu(sizes[0]!.figures);
  const ratios = sizes.slice(1).map(({ figures }) => formatRatio(ratio(totalCpu(figures), smallest)));
  return `CPU µs per request, of Postgres, too, ${[formatNumber(smallest), ...ratios].join(', ')}`;
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
