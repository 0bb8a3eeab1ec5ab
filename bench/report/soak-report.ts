import type { Verdict } from '../books/audit.js';
import type { MemorySample, Report } from '../books/run-with-books.js';
import { median } from '../harness/statistics.js';
import { renderActs, renderOperations, renderVerdicts } from './books-report.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

const quarters = 4;

/** How much more memory a node may have in the last quarter than in the third: a share, and MiB besides. */
const maxGrowth = { share: 1.1, MiB: 8 };

export function renderSoak(report: Report): string {
  const { verdicts, merged, from, to } = report;
  const minutes = formatNumber((to - from) / 60_000);
  const people = report.books.persons.length;
  return [
    `${minutes} minutes, ${formatNumber(people)} people, ${formatNumber(merged)} of them recognised as one user later.`,
    renderOperations(report),
    renderActs(report),
    renderMemory(report),
    renderVerdicts(verdicts),
  ].join('\n\n');
}

/** Whether the memory of the nodes is flat in the second half. */
export function judgeMemory(report: Report): Verdict {
  const courses = nodesOf(report).map((node) => ({ node, course: memoryOf(report, node) }));
  return {
    promise: 'memory is flat in the second half',
    checked: courses.length,
    broken: courses
      .filter(({ course: [, , third, last] }) => {
        if (third === undefined || last === undefined) return false;
        return last > third * maxGrowth.share + maxGrowth.MiB;
      })
      .map(({ node, course }) => `${node}: ${course.map(formatNumber).join(', ')} MiB`),
  };
}

function renderMemory(report: Report): string {
  const rows = nodesOf(report).map((node) => [node, ...memoryOf(report, node).map(formatNumber)]);
  return renderTable(['median MiB', 'first quarter', 'second', 'third', 'last'], rows, 1);
}

function nodesOf({ books }: Report): string[] {
  return books.nodes.map(({ name }) => name);
}

/** The median of each quarter of the run; undefined if this system does not say. */
function memoryOf({ memory, from, to }: Report, node: string): (number | undefined)[] {
  const quarterOf = ({ at }: MemorySample) => Math.floor(((at - from) / (to - from)) * quarters);
  return Array.from({ length: quarters }, (_, quarter) =>
    median(
      memory
        .filter((sample) => sample.node === node && quarterOf(sample) === quarter)
        .map(({ residentMiB }) => residentMiB)
        // A node that is down has none.
        .filter((value) => value !== undefined),
    ),
  );
}
