import { describe, expect, it } from 'vitest';
import {
  batchSize,
  type ReencryptableRows,
  reencryptRows,
  type RenewedRow,
  type RowChange,
} from './reencrypt-rows.js';

interface Row {
  id: string;
  value: string;
}

/** A table whose rows are renewed by writing them in capitals; digits have none. */
class Table implements ReencryptableRows<Row> {
  readonly lowestId = '';
  readonly rows = new Map<string, string>();
  /** What others do between reading and writing. */
  meanwhile: () => void = () => {};

  constructor(values: Record<string, string>) {
    for (const [id, value] of Object.entries(values)) this.rows.set(id, value);
  }

  async read(after: string): Promise<Row[]> {
    return [...this.rows]
      .map(([id, value]) => ({ id, value }))
      .filter(({ id }) => id > after)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, batchSize);
  }

  renew(row: Row): RenewedRow<Row> {
    const value = row.value.toUpperCase();
    return {
      ...(value !== row.value && { after: { ...row, value } }),
      hasFailed: /\d/.test(value),
    };
  }

  async write(changes: RowChange<Row>[]): Promise<number> {
    this.meanwhile();
    const unchanged = changes.filter(({ before }) => this.rows.get(before.id) === before.value);
    for (const { after } of unchanged) this.rows.set(after.id, after.value);
    return unchanged.length;
  }
}

describe('reencryptRows', () => {
  it('renews batch after batch, reports each, and finds nothing to do the next time', async () => {
    const ids = Array.from({ length: batchSize * 2 + 1 }, (_, index) => String(index).padStart(5, '0'));
    const table = new Table(Object.fromEntries(ids.map((id) => [id, 'a'])));
    const reports: number[] = [];
    const count = await reencryptRows(table, ({ seen }) => reports.push(seen));
    expect(count).toEqual({ seen: 1_001, renewed: 1_001, failed: 0 });
    expect(reports).toEqual([500, 1_000, 1_001]);
    expect(new Set(table.rows.values())).toEqual(new Set(['A']));
    expect(await reencryptRows(table, () => {})).toEqual({ seen: 1_001, renewed: 0, failed: 0 });
  });

  it('looks again at a row that was changed meanwhile, and renews what it is now', async () => {
    const table = new Table({ '1': 'a', '2': 'b' });
    table.meanwhile = () => {
      table.rows.set('2', 'changed');
      table.meanwhile = () => {};
    };
    expect(await reencryptRows(table, () => {})).toEqual({ seen: 2, renewed: 2, failed: 0 });
    expect([...table.rows.values()]).toEqual(['A', 'CHANGED']);
  });

  it('tells once of each row in which something fails, and renews the rest of it and of the others', async () => {
    const table = new Table({ '1': 'a', '2': '7', '3': 'c7', '4': 'd' });
    table.meanwhile = () => {
      table.rows.set('4', 'changed');
      table.meanwhile = () => {};
    };
    const failed: string[] = [];
    const count = await reencryptRows(table, (_, failedIds) => failed.push(...failedIds));
    expect(count).toEqual({ seen: 4, renewed: 3, failed: 2 });
    expect(failed).toEqual(['2', '3']);
    expect([...table.rows.values()]).toEqual(['A', '7', 'C7', 'CHANGED']);
  });

  it('goes on where a row was deleted meanwhile', async () => {
    const table = new Table({ '1': 'a', '2': 'b' });
    table.meanwhile = () => {
      table.rows.delete('1');
      table.meanwhile = () => {};
    };
    expect(await reencryptRows(table, () => {})).toMatchObject({ seen: 1, renewed: 1 });
  });
});
