import type { NodesFigures } from '../harness/measure-nodes.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

const head = [
  'scenario',
  'used up first',
  'nodes',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs, nodes',
  'Postgres',
  'load',
  'cores used, nodes',
  'Postgres',
  'load',
];

/** Stands in the table if other programs took a part of the processors. */
export const byOthers = 'by other programs, too';

/** From this share on, a processor counts as used up. */
const usedUp = 0.9;

/** One row for each number of nodes. `load` is the load generator and what stands in for WeChat. */
export function renderNodes(figures: NodesFigures[]): string {
  const rows = figures.map((each, index) => {
    const { title, nodes, requestsPerSecond, p50Ms, p99Ms, cpuUs } = each;
    const parts = [cpuUs.nodes, cpuUs.postgres, cpuUs.load];
    return [
      title === figures[index - 1]?.title ? '' : title,
      findBottleneck(each),
      String(nodes),
      formatNumber(requestsPerSecond),
      formatNumber(p50Ms),
      formatNumber(p99Ms),
      ...parts.map((part) => formatNumber(part)),
      ...parts.map((part) => formatNumber(part && (part * requestsPerSecond) / 1e6)),
    ];
  });
  return renderTable(head, rows, 2);
}

/** What has no processor time left. */
function findBottleneck({ nodes, requestsPerSecond, cpuUs, busyCores, cores }: NodesFigures): string {
  const coresOf = (microseconds: number) => (microseconds * requestsPerSecond) / 1e6;
  // A node runs JavaScript on one core.
  if (cpuUs.nodes !== undefined && coresOf(cpuUs.nodes) >= usedUp * Math.min(nodes, cores)) {
    return 'the core of each node';
  }
  if (busyCores < usedUp * cores) return `no processor: ${formatNumber(busyCores)} of ${cores} busy`;
  const { nodes: ofNodes, postgres, load } = cpuUs;
  const isOurs =
    ofNodes === undefined ||
    postgres === undefined ||
    load === undefined ||
    coresOf(ofNodes + postgres + load) >= usedUp * cores;
  return isOurs ? `all ${cores} cores` : `all ${cores} cores, ${byOthers}`;
}
