import type { Figures } from '../harness/measure.js';
import type { StartFigures } from '../harness/measure-start.js';
import { type FiguresRow, renderFigures } from './figures-table.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

/** The service in one scenario, without traces first. */
export interface TracingCost {
  title: string;
  /** Which requests are traced. */
  traces: string[];
  figures: Figures[];
}

/** A row for each share of traced requests. Ratios are to the service without traces. */
export function renderTracing(costs: TracingCost[]): string {
  const rows = costs.flatMap(({ title, traces, figures }) =>
    figures.map((each, index): FiguresRow => {
      const isFirst = index === 0;
      return {
        names: [isFirst ? title : '', traces[index]!],
        figures: each,
        base: isFirst ? undefined : figures[0],
      };
    }),
  );
  return renderFigures(['scenario', 'traces'], 'off', rows);
}

/** @param starts without traces, and with them */
export function renderTracingStart([off, on]: StartFigures[]): string {
  const row = (traces: string, { readyMs, readyCpuMs, peakMemoryMiB }: StartFigures) => [
    traces,
    formatNumber(readyMs),
    formatNumber(readyCpuMs),
    formatNumber(peakMemoryMiB),
  ];
  return renderTable(['start, traces', 'ms', 'CPU ms', 'peak MiB'], [row('off', off!), row('on', on!)], 1);
}
