import type { TableSize, WalFigures } from '../harness/measure-storage.js';
import { formatNumber } from './numbers.js';
import { renderTable } from './table.js';

/** Bytes per row of each table. */
export function renderSizes(sizes: TableSize[]): string {
  const rows = sizes.map(({ name, rows: count, table, indexes }) => {
    const all = Object.values(indexes).reduce((sum, size) => sum + size, 0);
    const largest = Object.entries(indexes)
      // Partial indexes are almost empty.
      .filter(([, size]) => size / count >= 8)
      .toSorted(([, one], [, other]) => other - one)
      .map(([index, size]) => `${index} ${formatNumber(size / count)}`);
    return [
      name,
      largest.join(', '),
      formatNumber(count),
      formatNumber(table / count),
      formatNumber(all / count),
      formatNumber((table + all) / count),
    ];
  });
  return renderTable(
    ['table', 'each index, bytes/row', 'rows', 'data, bytes/row', 'indexes', 'together'],
    rows,
    2,
  );
}

/** Bytes of WAL per request. */
export function renderWal(figures: WalFigures[]): string {
  const rows = figures.map(({ title, afterCheckpoint, later }) => [
    title,
    formatNumber(afterCheckpoint),
    formatNumber(later),
  ]);
  return renderTable(['WAL, bytes/request', 'after a checkpoint', 'later'], rows, 1);
}
