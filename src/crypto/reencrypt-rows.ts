import { setTimeout as sleep } from 'node:timers/promises';

/** Rows that are read, and written, at a time. */
export const batchSize = 500;

/** A row as it was read, and as it is to be written. */
export interface RowChange<Row> {
  before: Row;
  after: Row;
}

/** The rows of a table in the order of their ids, and how each is renewed. */
export interface ReencryptableRows<Row extends { id: string }> {
  /** Comes before every id. */
  lowestId: string;
  /** The first `batchSize` rows after an id. */
  read(after: string): Promise<Row[]>;
  /** The row to write, unless there is nothing to write; and whether something in it cannot be renewed. */
  renew(row: Row): { after?: Row; hasFailed?: boolean };
  /**
   * Writes the rows that are still as they were read. Waits for none that somebody else has locked: meanwhile it
   * would hold the others of the batch.
   *
   * @returns how many were written
   */
  write(changes: RowChange<Row>[]): Promise<number>;
}

/** How far a renewal has come, in rows. */
export interface ReencryptionCount {
  seen: number;
  renewed: number;
  failed: number;
}

/**
 * Is called after each batch with the ids of the rows in which something cannot be renewed; and with none, now and
 * then, while a batch waits for a row.
 */
export type ReencryptionReport = (count: Readonly<ReencryptionCount>, failedIds: string[]) => void;

/** Milliseconds until a batch is looked at again of which somebody else had a row. */
const reportIntervalMs = 100;

/**
 * Renews the rows of a table beside the running service. Each batch is written by one short statement, and a row
 * that was changed between reading and writing is read again. May be interrupted, and run again.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptRows<Row extends { id: string }>(
  table: ReencryptableRows<Row>,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const count: ReencryptionCount = { seen: 0, renewed: 0, failed: 0 };
  let lastId = table.lowestId;
  for (;;) {
    const rows = await table.read(lastId);
    if (rows.length === 0) return count;

    const outcomes = rows.map((before) => ({ before, ...table.renew(before) }));
    const changes = outcomes.flatMap(({ before, after }) => (after === undefined ? [] : [{ before, after }]));
    const written = changes.length === 0 ? 0 : await table.write(changes);
    count.renewed += written;
    if (written < changes.length) {
      report(count, []);
      await sleep(reportIntervalMs);
      continue;
    }

    const failedIds = outcomes.filter(({ hasFailed }) => hasFailed).map(({ before }) => before.id);
    count.seen += rows.length;
    count.failed += failedIds.length;
    report(count, failedIds);
    lastId = rows.at(-1)!.id;
  }
}
