import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { describeError } from '../errors/describe-error.js';
import { ServiceError } from '../errors/service.error.js';
import { replicaOptions, type Schema } from './data-source-options.js';
import { Database, type NamedStatement, type PoolState, type Transaction } from './database.js';
import {
  DatabaseUnavailableError,
  NoStandbyError,
  OtherClusterError,
  ReplicaBehindError,
  StandbyError,
} from './database.errors.js';
import { explainConnectionFailure } from './explain-connection-failure.js';
import { OutageLog } from './outage-log.js';
import { pollUntil } from './poll-until.js';

/** What reads. The methods are those of {@link Database}. */
export interface DatabaseReader {
  query<Row extends QueryResultRow>(named: NamedStatement, values: unknown[]): Promise<Row[]>;
  run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
}

/** How many reads each server has answered. */
export interface ReplicaReads {
  replica: number;
  primary: number;
}

/** Milliseconds that a read waits for the replica to catch up. */
const catchUpTimeoutMs = 500;
/** Milliseconds between two looks at the replica. */
const lookIntervalMs = 10;
/** Milliseconds for which nothing asks a replica that has failed. */
const restMs = 10_000;

/** SQLSTATE serialization_failure: the standby must remove what a query still reads. */
const recoveryConflict = '40001';

/** SQL: the server and its database, which a standby has in common with its primary alone. */
const clusterName = `
  (
    SELECT (pg_control_system()).system_identifier || '/' || oid
    FROM pg_database WHERE datname = current_database()
  )`;

/** How far the primary is. */
interface Position {
  cluster: string;
  /** The end of all that is committed. Null on a standby. */
  wal: string | null;
}

const positionStatement: NamedStatement = {
  name: 'wal-position-1',
  text: `
    SELECT
      ${clusterName} AS cluster,
      CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()::text END AS wal`,
};

interface ReplicaState {
  cluster: string;
  isStandby: boolean;
  bytesBehind: string;
}

const stateStatement = `
  SELECT
    ${clusterName} AS cluster,
    pg_is_in_recovery() AS "isStandby",
    pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()) AS "bytesBehind"`;

/**
 * Reads from the replica of `DATABASE_REPLICA_URL`, for `/admin` alone. A read sees all that was committed before it began: it waits
 * until the replica has it. If there is no replica, or it fails or does not catch up, the primary answers; then nothing asks the
 * replica for ten seconds, so that not every read waits for it.
 *
 * Each read is one transaction, and uses no named statement. So it has one server to itself, also behind a pooler or a load balancer in
 * front of several standbys.
 *
 * It connects at the first read. A node starts, and is ready, without its replica.
 */
export class DatabaseReplica implements DatabaseReader, OnApplicationShutdown {
  readonly #log = new OutageLog(new Logger(DatabaseReplica.name), {
    began: 'The replica cannot be read. The primary answers what /admin reads.',
    goesOn: 'The replica still cannot be read.',
    ended: 'The replica can be read again',
  });
  readonly #source: DataSource | undefined;
  readonly #replica: Database | undefined;
  /** Undefined until the first read, and after a failure. */
  #opening: Promise<unknown> | undefined;
  #restsUntil = -Infinity;
  #reads: ReplicaReads = { replica: 0, primary: 0 };

  constructor(
    private readonly primary: Database,
    schema: Schema,
    private readonly settings: Settings,
  ) {
    if (settings.databaseReplicaUrl === undefined) return;
    this.#source = new DataSource(replicaOptions(schema, settings));
    this.#replica = new Database(this.#source, settings);
  }

  /** How many reads each server has answered; undefined without a replica. */
  reads(): Readonly<ReplicaReads> | undefined {
    return this.#replica && this.#reads;
  }

  /** The connections to the replica at present. */
  poolState(): PoolState {
    return this.#source?.isInitialized ? this.#replica!.poolState() : { idle: 0, busy: 0, waiting: 0 };
  }

  /**
   * Runs one statement.
   *
   * @throws {DatabaseUnavailableError} if the primary fails, too
   */
  query<Row extends QueryResultRow>(named: NamedStatement, values: unknown[]): Promise<Row[]> {
    return this.read(
      ({ manager }) => manager.query<Row[]>(named.text, values),
      () => this.primary.query<Row>(named, values),
    );
  }

  /**
   * Runs `work`, which must not write.
   *
   * @throws {DatabaseUnavailableError} if the primary fails, too
   */
  run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.read(
      ({ manager }) => work(manager),
      () => this.primary.run(work),
    );
  }

  /**
   * Runs `work`, which must not write, in one transaction. It may run twice.
   *
   * @throws {DatabaseUnavailableError} if the primary fails, too
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.read(work, () => this.primary.transaction(work));
  }

  /**
   * Milliseconds that the replica took to catch up with the primary.
   *
   * @param timeoutMs milliseconds after which it counts as behind
   * @throws {Error} if it cannot be read; {@link explain} has the words
   */
  async measureLag(timeoutMs: number): Promise<number> {
    const position = await this.findPosition();
    const began = performance.now();
    await this.readReplica(async () => {}, position, timeoutMs);
    return performance.now() - began;
  }

  /** Why the replica cannot be read, and what to do. */
  explain(error: unknown): string {
    const cause = error instanceof DatabaseUnavailableError ? error.cause : error;
    if ((cause as { code?: unknown }).code === recoveryConflict) {
      return 'The replica has ended a query, because it had to apply a change of what the query read (40001). If that happens often, set hot_standby_feedback = on at the replica.';
    }
    const words = explainConnectionFailure(cause, this.settings.databaseReplicaUrl!);
    return words?.replaceAll('DATABASE_URL', 'DATABASE_REPLICA_URL') ?? describeError(cause).message;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#opening?.catch(() => {});
    if (this.#source?.isInitialized) await this.#source.destroy();
  }

  private async read<Result>(
    work: (tx: Transaction) => Promise<Result>,
    readPrimary: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#replica === undefined) return readPrimary();
    const hasFailed = this.#restsUntil !== -Infinity;
    if (performance.now() >= this.#restsUntil) {
      // One read tries a replica that has failed. The others do not wait for it.
      if (hasFailed) this.#restsUntil = performance.now() + restMs;
      let position: Position | undefined;
      try {
        position = await this.findPosition();
        const result = await this.readReplica(work, position, catchUpTimeoutMs);
        this.#restsUntil = -Infinity;
        this.#log.succeeded();
        this.#reads.replica += 1;
        return result;
      } catch (error) {
        // The primary is away; or it is the answer of `work` itself, and the primary would give the same.
        const isOfReplica = position !== undefined && error instanceof DatabaseUnavailableError;
        if (error instanceof ServiceError && !isOfReplica) throw error;
        this.#restsUntil = performance.now() + restMs;
        this.#log.failed(this.explain(error));
      }
    }
    this.#reads.primary += 1;
    return readPrimary();
  }

  private async readReplica<Result>(
    work: (tx: Transaction) => Promise<Result>,
    position: Position,
    timeoutMs: number,
  ): Promise<Result> {
    await this.open();
    const read = async (tx: Transaction) => {
      await catchUp(tx.manager, position, timeoutMs);
      return work(tx);
    };
    // Once: the replica would take the time of a query again, and the primary can answer.
    return this.#replica!.transaction(read, { maxAttempts: 1 });
  }

  /** TypeORM's `isInitialized` is true before the entities are known, so that it does not tell whether a read may begin. */
  private async open(): Promise<void> {
    this.#opening ??= this.#source!.initialize().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }

  private async findPosition(): Promise<Position> {
    const [position] = await this.primary.query<Position>(positionStatement, [], {
      check: ([found]) => {
        if (found!.wal === null) throw new StandbyError();
      },
    });
    return position!;
  }
}

/**
 * Waits until a standby has all that the primary had.
 *
 * @throws {NoStandbyError}
 * @throws {OtherClusterError}
 * @throws {ReplicaBehindError}
 */
async function catchUp(manager: EntityManager, primary: Position, timeoutMs: number): Promise<void> {
  const { cluster, isStandby, bytesBehind } = await pollUntil(
    async () => (await manager.query<ReplicaState[]>(stateStatement, [primary.wal]))[0]!,
    (state) => !state.isStandby || state.cluster !== primary.cluster || Number(state.bytesBehind) <= 0,
    performance.now() + timeoutMs,
    lookIntervalMs,
  );
  if (!isStandby) throw new NoStandbyError();
  if (cluster !== primary.cluster) throw new OtherClusterError();
  if (Number(bytesBehind) > 0) throw new ReplicaBehindError(Number(bytesBehind));
}
