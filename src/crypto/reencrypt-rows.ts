import { setTimeout as sleep } from 'node:timers/promises';

/** Rows that are read and written at a time. */
export const batchSize = 500;

/** A row as it was read, and as it is to be written. */
export interface RowChange<Row> {
  before: Row;
  after: Row;
}

/** What becomes of a row. */
export interface RenewedRow<Row> {
  /** The row to write; absent if there is nothing to write. */
  after?: Row;
  /** Whether something in the row cannot be decrypted. */
  hasFailed?: boolean;
}

/** The rows of a table in the order of their ids, and how each is renewed. */
export interface ReencryptableRows<Row extends { id: string }> {
  /** Comes before every id. */
  lowestId: string;
  /** The first `batchSize` rows after an id. */
  read(after: string): Promise<Row[]>;
  renew(row: Row): RenewedRow<Row>;
  /**
   * Writes the rows that are still as they were read. Skips rows that another transaction has locked: waiting would
   * keep the rest of the batch locked.
   *
   * @returns the number of rows written
   */
  write(changes: RowChange<Row>[]): Promise<number>;
}

/** The progress, in rows. */
export interface ReencryptionCount {
  seen: number;
  renewed: number;
  failed: number;
}

/**
 * Is called after each batch, with the ids of the rows in which something cannot be decrypted. While a batch waits for a
 * locked row, it is called now and then without ids.
 */
export type ReencryptionReport = (count: Readonly<ReencryptionCount>, failedIds: string[]) => void;

/** Milliseconds until a batch is read again that had a locked or changed row. */
const retryDelayMs = 100;

/**
 * Renews the rows of a table beside the running service. One short statement writes each batch. A row that changes
 * between reading and writing is read again. It can be interrupted, and run again.
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
      await sleep(retryDelayMs);
      continue;
    }

    const failedIds = outcomes.filter(({ hasFailed }) => hasFailed).map(({ before }) => before.id);
    count.seen += rows.length;
    count.failed += failedIds.length;
    report(count, failedIds);
    lastId = rows.at(-1)!.id;
  }
}
