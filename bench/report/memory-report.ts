import type { MemorySample } from '../harness/measure.js';
import { drawBarChart } from './bar-chart.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

/** The memory of a server in the course of many requests. */
export interface MemoryCourse {
  server: string;
  samples: MemorySample[];
}

/** The course is told in so many parts. */
const parts = 10;

/** 180 MB, in MiB: the service should stay below. */
const targetMiB = 180e6 / 2 ** 20;

/** A row for each part: the most memory that was seen in it. Below the table, both halves are compared. */
export function renderMemory(courses: MemoryCourse[], answers: number): string {
  const head = ['logins', ...courses.map(({ server }) => `${server} MiB`)];
  const rows = partsOf(courses, answers).map(({ label, values }) => [label, ...values.map(formatNumber)]);
  const notes = courses.map(({ server, samples }) => {
    const half = (from: number) => formatNumber(mostOf(samples, from, from + answers / 2));
    return `${server}: at most ${half(0)} MiB in the first half, ${half(answers / 2)} MiB in the second.`;
  });
  return [renderTable(head, rows, 1), ...notes].join('\n\n');
}

export function drawMemory(courses: MemoryCourse[], answers: number): string {
  return drawBarChart({
    title: 'Memory in MiB in the course of the logins (dashed line: 180 MB)',
    series: courses.map(({ server }) => server),
    groups: partsOf(courses, answers),
    mark: targetMiB,
    format: formatNumber,
  });
}

function partsOf(
  courses: MemoryCourse[],
  answers: number,
): { label: string; values: (number | undefined)[] }[] {
  const size = answers / parts;
  return Array.from({ length: parts }, (_, part) => ({
    label: `to ${Math.round((part + 1) * size).toLocaleString('en-US')}`,
    values: courses.map(({ samples }) => mostOf(samples, part * size, (part + 1) * size)),
  }));
}

/** The most memory between two numbers of answers. The last sample is beyond the last number. */
function mostOf(samples: MemorySample[], from: number, to: number): number | undefined {
  const last = samples.findIndex(({ answers }) => answers >= to);
  const within = samples.filter(({ answers }, index) => answers >= from && index <= last);
  const known = within.map(({ residentMiB }) => residentMiB).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
