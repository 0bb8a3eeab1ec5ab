import { NIL } from 'uuid';
import { decryptIfPossible } from './field-cipher.js';
import {
  batchSize,
  type ReencryptionCount,
  type ReencryptionReport,
  reencryptRows,
  type RenewedRow,
} from './reencrypt-rows.js';

/** A column, and its type in SQL. */
type Column = [name: string, type: 'bytea' | 'jsonb' | 'text' | 'uuid'];

/** A table with encrypted values. Names and conditions are SQL. */
export interface EncryptedTable<Row extends { id: string }> {
  name: string;
  /** The primary key. */
  id: Column;
  /** By property of the row. A row is written only if the first of them is still as it was read. */
  written: Record<string, Column>;
  /** Columns that are only read. */
  read?: string[];
  /** Which rows have an encrypted value; left out, all. */
  where?: string;
  renew(row: Row): RenewedRow<Row>;
}

/** Runs a prepared statement: what `Database` does. */
interface Queries {
  query<Row extends object>(statement: { name: string; text: string }, values: unknown[]): Promise<Row[]>;
}

/**
 * Encrypts the values of a table again, with the newest key, beside the running service. See {@link reencryptRows}.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function reencryptTable<Row extends { id: string }>(
  database: Queries,
  table: EncryptedTable<Row>,
  report: ReencryptionReport,
): Promise<ReencryptionCount> {
  const read = readStatement(table);
  const write = writeStatement(table);
  return reencryptRows<Row>(
    {
      lowestId: table.id[1] === 'uuid' ? NIL : '',
      read: (after) => database.query<Row>(read, [after]),
      renew: (row) => table.renew(row),
      write: async (changes) => {
        const properties = Object.entries(table.written);
        const values = (property: string, [, type]: Column, rows: Row[]) =>
          rows.map((row) => {
            const value = row[property as keyof Row];
            return type === 'jsonb' ? JSON.stringify(value) : value;
          });
        const before = changes.map((change) => change.before);
        const after = changes.map((change) => change.after);
        const written = await database.query(write, [
          before.map(({ id }) => id),
          values(...properties[0]!, before),
          ...properties.map(([property, column]) => values(property, column, after)),
        ]);
        return written.length;
      },
    },
    report,
  );
}

/** Encrypts a value again, unless the newest key has encrypted it. `encrypt` returns the columns that change. */
export function renewValue<Row extends { id: string }>(
  row: Row,
  value: { isCurrent: boolean; decrypt: () => string; encrypt: (plaintext: string) => Partial<Row> },
): RenewedRow<Row> {
  if (value.isCurrent) return {};
  const plaintext = decryptIfPossible(value.decrypt);
  return plaintext === undefined ? { hasFailed: true } : { after: { ...row, ...value.encrypt(plaintext) } };
}

function readStatement<Row extends { id: string }>({
  name,
  id,
  written,
  read = [],
  where,
}: EncryptedTable<Row>) {
  const columns = Object.entries(written).map(([property, [column]]) => `${column} AS "${property}"`);
  return {
    name: `reencrypt-${name}-read`,
    text: `
      SELECT ${[`${id[0]} AS id`, ...columns, ...read].join(', ')}
      FROM ${name}
      WHERE ${id[0]} > $1 ${where === undefined ? '' : `AND ${where}`}
      ORDER BY ${id[0]}
      LIMIT ${batchSize}`,
  };
}

/** Skips locked rows: `reencryptRows` reads them again. */
function writeStatement<Row extends { id: string }>({
  name,
  id: [id, idType],
  written,
}: EncryptedTable<Row>) {
  const columns = Object.values(written);
  const [checked, checkedType] = columns[0]!;
  const names = columns.map(([column]) => column);
  const types = [idType, checkedType, ...columns.map(([, type]) => type)];
  return {
    name: `reencrypt-${name}-write`,
    text: `
      WITH unchanged AS (
        SELECT given.*
        FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})
          AS given (row_id, value_before, ${names.join(', ')})
        JOIN ${name} ON ${name}.${id} = given.row_id AND ${name}.${checked} = given.value_before
        FOR NO KEY UPDATE OF ${name} SKIP LOCKED
      )
      UPDATE ${name}
      SET ${names.map((column) => `${column} = unchanged.${column}`).join(', ')}
      FROM unchanged
      WHERE ${name}.${id} = unchanged.row_id
      RETURNING ${name}.${id}`,
  };
}
