import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { largest } from '../harness/statistics.js';
import type { Series } from '../../test/harness/prometheus.js';

/** A place in the grid of Grafana, which is 24 wide. */
export interface GridPosition {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A panel of the dashboard, or the heading of a row. */
export interface Panel {
  type: 'row' | 'timeseries';
  title: string;
  gridPos: GridPosition;
  unit: Unit;
  legend: 'bottom' | 'right';
  targets: { expr: string; legendFormat: string }[];
}

/** A panel with its data, ready to be drawn. */
export interface Drawing extends Pick<Panel, 'type' | 'title' | 'gridPos' | 'legend'> {
  names: string[];
  /** The times in seconds, then the values of each series. */
  data: (number | null)[][];
  ticks: { at: number; label: string }[];
}

type Scale = [size: number, name: string][];

/** How Grafana writes the units that the dashboard has, the smallest scale first. */
const units = {
  none: [[1, '']],
  reqps: [[1, ' req/s']],
  s: [
    [0.001, ' ms'],
    [1, ' s'],
    [60, ' min'],
    [3_600, ' h'],
  ],
  bytes: [
    [1, ' B'],
    [1_024, ' KiB'],
    [1_024 ** 2, ' MiB'],
    [1_024 ** 3, ' GiB'],
  ],
} satisfies Record<string, Scale>;
type Unit = keyof typeof units;

const dashboardFile = join(import.meta.dirname, '../../deploy/grafana/weapp-auth.json');
/** So many steps are on a vertical axis, or fewer. */
const maxSteps = 5;

/**
 * The panels of the dashboard of `deploy/`.
 *
 * @throws {Error} if a panel has something that the picture would not show as Grafana does
 */
export function readPanels(text = readFileSync(dashboardFile, 'utf8')): Panel[] {
  // oxlint-disable-next-line typescript/no-explicit-any -- a document of Grafana's
  return JSON.parse(text).panels.map(({ type, title, gridPos, fieldConfig, options, targets = [] }: any) => {
    if (type === 'row') return { type, title, gridPos, unit: 'none', legend: 'bottom', targets };
    const { unit, min, ...others } = fieldConfig.defaults;
    const { displayMode, placement } = options.legend;
    const isKnown =
      type === 'timeseries' &&
      unit in units &&
      min === 0 &&
      Object.keys(others).length === 0 &&
      fieldConfig.overrides.length === 0 &&
      displayMode === 'list' &&
      ['bottom', 'right'].includes(placement);
    if (!isKnown) {
      throw new Error(
        `bench/report/dashboard-panels.ts cannot draw the panel "${title}" yet: its type, its unit or an option is new.`,
      );
    }
    return { type, title, gridPos, unit, legend: placement, targets };
  });
}

/** A query with values for Grafana's variables: all nodes, and rates over so many seconds. */
export function fillVariables(expr: string, rateSeconds: number): string {
  return expr.replaceAll('$__rate_interval', `${rateSeconds}s`).replaceAll('$instance', '.*');
}

/**
 * A panel with its data.
 *
 * @param answers the series of each target
 */
export function drawPanel(panel: Panel, answers: Series[][], times: number[]): Drawing {
  const series = answers.flatMap((answer, index) =>
    answer.map(({ metric, values }) => {
      const valueAt = new Map(values.map(([time, value]) => [time, Number(value)]));
      return {
        name: panel.targets[index]!.legendFormat.replaceAll(
          /\{\{(\w+)\}\}/g,
          (_, label) => metric[label] ?? '',
        ),
        values: times.map((time) => {
          const value = valueAt.get(time);
          return value !== undefined && Number.isFinite(value) ? value : null;
        }),
      };
    }),
  );
  const max = largest(series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return {
    type: panel.type,
    title: panel.title,
    gridPos: panel.gridPos,
    legend: panel.legend,
    names: series.map(({ name }) => name),
    data: [times, ...series.map(({ values }) => values)],
    ticks: chooseTicks(max === 0 ? 1 : max, units[panel.unit]),
  };
}

/** From 0 to the maximum or above, in steps that are round numbers of the scale that fits. */
function chooseTicks(max: number, scale: Scale): Drawing['ticks'] {
  const [size, name] = scale.findLast(([each]) => each <= max) ?? scale[0]!;
  const least = max / size / maxSteps;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= least)!;
  return Array.from({ length: Math.ceil(max / size / step) + 1 }, (_, index) => ({
    at: index * step * size,
    label: `${Number((index * step).toPrecision(6))}${name}`,
  }));
}
