import type { Scenario } from '../scenarios/scenario.js';
import type { World } from '../world/world.js';
import type { Contender } from './contender.js';
import type { Measurement } from './measure.js';

/** What a table and its indexes take. */
export interface TableSize {
  name: string;
  rows: number;
  /** Bytes. */
  table: number;
  /** Bytes of each index, by its name. */
  indexes: Record<string, number>;
}

/** The WAL of requests, in bytes per request. */
export interface WalFigures {
  title: string;
  /** Right after a checkpoint, when each page that a request changes is written in full. */
  afterCheckpoint: number;
  /** Once the pages have been written. */
  later: number;
}

/** The tables with more than 100 rows, the largest first. Vacuums before, so that rows are counted. */
export async function readTableSizes(world: World): Promise<TableSize[]> {
  await world.query('VACUUM (ANALYZE)');
  return world.query<TableSize>(`
    SELECT
      relname AS name,
      reltuples::float AS rows,
      pg_table_size(oid)::float AS table,
      coalesce(
        (
          SELECT json_object_agg(indexrelid::regclass, pg_relation_size(indexrelid))
          FROM pg_index WHERE indrelid = pg_class.oid
        ), '{}') AS indexes
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 100
    ORDER BY pg_total_relation_size(oid) DESC`);
}

/**
 * Measures the WAL of the first round after a checkpoint, and of the last round. Everything else that writes on this Postgres counts,
 * too.
 *
 * @param requests so many that the last ones meet pages that were written before
 */
export async function measureWal(
  measurement: Measurement,
  scenario: Scenario,
  contender: Contender,
  requests: number,
): Promise<WalFigures> {
  const { world } = contender;
  const perRequest: number[] = [];
  let seen = { answered: 0, position: 0 };
  await measurement.eachRound(scenario, contender, requests, async (answered) => {
    if (answered === 0) await world.query('CHECKPOINT');
    const position = await readWalPosition(world);
    if (answered > 0) perRequest.push((position - seen.position) / (answered - seen.answered));
    seen = { answered, position };
  });
  return { title: scenario.title, afterCheckpoint: perRequest[0]!, later: perRequest.at(-1)! };
}

async function readWalPosition(world: World): Promise<number> {
  const [row] = await world.query<{ position: number }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float AS position`,
  );
  return row!.position;
}
