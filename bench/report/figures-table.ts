import type { Figures } from '../harness/measure.js';
import { formatNumber, formatRatio, ratio } from './numbers.js';
import { renderTable } from './table.js';

/** One row: two names, what was measured, and what its costs are compared with, if with anything. */
export interface FiguresRow {
  names: [string, string];
  figures: Figures;
  base?: Figures;
}

/**
 * A table of what was measured.
 *
 * @param names the heads of the two columns of names
 * @param baseName what the costs are compared with
 */
export function renderFigures(names: [string, string], baseName: string, rows: FiguresRow[]): string {
  const head = [
    ...names,
    'requests/s',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    `× ${baseName}`,
    'Postgres CPU µs',
    `× ${baseName}`,
    'peak MiB',
  ];
  return renderTable(head, rows.map(cellsOf), 2);
}

function cellsOf({ names, figures, base }: FiguresRow): string[] {
  const times = (name: 'cpuUs' | 'postgresCpuUs') =>
    base === undefined ? '' : formatRatio(ratio(figures[name], base[name]));
  return [
    ...names,
    formatNumber(figures.requestsPerSecond),
    formatNumber(figures.p50Ms),
    formatNumber(figures.p99Ms),
    formatNumber(figures.cpuUs),
    times('cpuUs'),
    formatNumber(figures.postgresCpuUs),
    times('postgresCpuUs'),
    formatNumber(figures.peakMemoryMiB),
  ];
}
