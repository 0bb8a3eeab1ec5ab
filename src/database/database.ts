import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { Settings } from '../config/settings.js';
import { cancelStatement } from './cancel-statement.js';
import { isPooled } from './connection-setup.js';
import { weappAuthDataSource } from './data-source-options.js';
import {
  DatabaseOverloadedError,
  DatabaseUnavailableError,
  isDatabaseFailure,
  isGivenUp,
  isNameLost,
  NamedStatementsLostError,
  ReadOnlyDatabaseError,
  StandbyError,
} from './database.errors.js';
import { findMissingMigrations, listInCurrentSchema, listOnSearchPath } from './missing-migrations.js';
import { runStatement } from './run-statement.js';
import { traceStatement, traceStatements } from './statement-spans.js';

/** SQL that Postgres plans once per connection, and then finds by its name. */
export interface NamedStatement {
  /** Unique in this service, 63 bytes at most. */
  name: string;
  text: string;
}

/** The statement of `sharesConnections`. It is always the same, so a server connection has at most one. */
const nameProbe = 'probe-1';

/** Milliseconds for a check: the poll of revocations uses the same connection. */
const lookupTimeoutMs = 1_000;

/**
 * Requests that may wait for each connection of the pool. Nobody waits longer than five seconds: if statements take up to
 * 100 ms, the last one has its turn by then.
 */
const maxWaitingPerConnection = 50;

interface WriteState {
  isStandby: boolean;
  isReadOnly: boolean;
}

const writeStateStatement: NamedStatement = {
  name: 'write-state-1',
  text: `
    SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') = 'on' AS "isReadOnly"`,
};

/** How many connections the pool has, and how many requests wait for one. */
export interface PoolState {
  idle: number;
  busy: number;
  waiting: number;
}

interface QueryOptions<Row> {
  timeoutMs?: number;
  apart?: boolean;
  check?: (rows: Row[]) => void;
}

/** Work that runs after a transaction has been committed. */
type AfterCommit = () => void | Promise<void>;

/** A transaction in progress. */
export interface Transaction {
  readonly manager: EntityManager;
  /**
   * Registers work for after the COMMIT. It runs once, in the order of registration. It is dropped if the transaction is
   * rolled back or run again, or if it is unknown whether the transaction was committed. A failure of it is logged.
   */
  readonly afterCommit: (work: AfterCommit) => void;
}

/**
 * The access to Postgres. Only this class turns a failure of the server into a `DatabaseUnavailableError`.
 *
 * A connection on which the server has failed or does not answer never returns to the pool: its last statement or a
 * transaction may still be in progress, and the next request would run inside that transaction. It has its place in the
 * pool until the server has ended the statement, so that the server never has more connections than the pool.
 */
@Injectable()
export class Database implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger(Database.name);
  /** Made once: its stack trace would cost more than the rest of a refusal. */
  readonly #overloaded = new DatabaseOverloadedError();
  #apart: Pool | undefined;
  /** Undefined until somebody asks. */
  #sharesConnections: boolean | undefined;
  /** Whether a pooler turned out not to keep named statements, although they are switched on. */
  #losesNames = false;

  constructor(
    @InjectDataSource(weappAuthDataSource) private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.settings.databaseNamedStatements && (await this.sharesConnections())) this.tellLoss();
  }

  /**
   * For what has not begun yet. What is under way is never refused, so that nothing is done in vain.
   *
   * @throws {DatabaseOverloadedError} if too many wait for a connection of the pool
   */
  assertNotOverloaded(): void {
    if (this.pool.waitingCount < maxWaitingPerConnection * this.settings.databasePoolSize) return;
    throw this.#overloaded;
  }

  /** The connections of the pool at present, and the requests that wait for one. */
  poolState(): PoolState {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { idle: idleCount, busy: totalCount - idleCount, waiting: waitingCount };
  }

  /**
   * Runs one prepared statement in one round trip, on the driver's own pool: TypeORM's `query()` cannot name
   * a statement, and an unnamed one is planned again each time.
   *
   * @param options.timeoutMs milliseconds until the statement is given up, if not the default
   * @param options.apart on a separate connection, if the statement must not wait behind requests
   * @param options.check throws a StandbyError if the answer is a standby's: the connection is closed then
   * @throws {DatabaseUnavailableError}
   */
  async query<Row extends QueryResultRow>(
    named: NamedStatement,
    values: unknown[],
    options: QueryOptions<Row> = {},
  ): Promise<Row[]> {
    return againAfterConflict(() => this.queryOnce<Row>(named, values, options));
  }

  private async queryOnce<Row extends QueryResultRow>(
    { name, text }: NamedStatement,
    values: unknown[],
    { timeoutMs, apart = false, check }: QueryOptions<Row>,
  ): Promise<Row[]> {
    const isNamed = this.settings.databaseNamedStatements && !this.#losesNames;
    const statement = { ...(isNamed && { name }), text, values };
    const pool = apart ? this.apart() : this.pool;
    const client = await this.connect(pool);
    try {
      const rows = await traceStatement(name, () => runStatement<Row>(client, statement, timeoutMs));
      check?.(rows);
      client.release();
      return rows;
    } catch (error) {
      const failed = isDatabaseFailure(error);
      if (isGivenUp(error)) void cancelStatement(client, pool).then(() => client.release(true));
      else client.release(failed);
      // Otherwise it begins at the socket, and leads to nobody.
      if (error instanceof Error) Error.captureStackTrace(error);
      if (isNamed && isNameLost(error)) {
        // Nothing has run: Postgres refused the name before it read the values.
        this.tellLoss();
        return this.queryOnce({ name, text }, values, { timeoutMs, apart, check });
      }
      throw failed ? new DatabaseUnavailableError(error) : error;
    }
  }

  /**
   * Runs `work` with TypeORM's entity manager, each statement by itself.
   *
   * @throws {DatabaseUnavailableError}
   */
  async run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.connection((runner) => work(runner.manager));
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED). An error of `work` rolls everything back. If Postgres aborts the
   * transaction because of a conflict with another one, it is run again. Resolves after the work of `afterCommit`, too.
   *
   * @param options.maxAttempts how often it is run at most
   * @throws {DatabaseUnavailableError} also if the connection was lost at COMMIT, so that the outcome is unknown
   */
  async transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: { maxAttempts: number },
  ): Promise<Result> {
    return againAfterConflict(() => this.transactionOnce(work), options?.maxAttempts);
  }

  private async transactionOnce<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const afterwards: AfterCommit[] = [];
    const result = await this.connection(async (runner) => {
      await runner.startTransaction();
      try {
        const outcome = await work({
          manager: runner.manager,
          afterCommit: (each) => void afterwards.push(each),
        });
        await runner.commitTransaction();
        return outcome;
      } catch (error) {
        if (!isDatabaseFailure(error)) await runner.rollbackTransaction();
        throw error;
      }
    });
    for (const each of afterwards) await this.runAfterCommit(each);
    return result;
  }

  /** Logs a failure, because the transaction is already committed. */
  private async runAfterCommit(work: AfterCommit): Promise<void> {
    try {
      await work();
    } catch (cause) {
      this.#logger.error(new Error('What was to be done after a commit failed.', { cause }));
    }
  }

  /**
   * Runs `work` on one connection that nothing else uses in the meantime: for what exists as long as a connection, such
   * as temporary tables.
   *
   * @throws {DatabaseUnavailableError}
   */
  async connection<Result>(work: (runner: QueryRunner) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    traceStatements(runner);
    let client: PoolClient;
    try {
      client = (await runner.connect()) as PoolClient;
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
    let result: Result;
    try {
      result = await work(runner);
    } catch (error) {
      if (isGivenUp(error)) void cancelStatement(client, this.pool).then(() => abandon(runner, error));
      else if (isDatabaseFailure(error)) await abandon(runner, error);
      else await runner.release();
      throw isDatabaseFailure(error) ? new DatabaseUnavailableError(error) : error;
    }
    await runner.release();
    return result;
  }

  /**
   * Whether a pooler uses one connection of Postgres for several of ours in turn, and keeps no named statements for each
   * (PgBouncer in transaction mode, before version 1.21 or with `max_prepared_statements = 0`). Looks once.
   *
   * @throws {DatabaseUnavailableError}
   */
  async sharesConnections(): Promise<boolean> {
    this.#sharesConnections ??= await this.probeConnections();
    return this.#sharesConnections;
  }

  private async probeConnections(): Promise<boolean> {
    const one = await this.connect(this.pool);
    let other: PoolClient | undefined;
    let hasFailed = false;
    try {
      if (!isPooled(one)) return false;
      other = await this.connect(this.apart());
      // A pooler uses the most recently returned connection first. Other clients may come in between, so several tries are needed.
      for (let tries = 0; tries < 5; tries += 1) {
        await one.query({ name: nameProbe, text: 'SELECT', query_timeout: lookupTimeoutMs } as {
          text: string;
        });
        const { rows } = await other.query({
          text: `SELECT FROM pg_prepared_statements WHERE name = '${nameProbe}'`,
          query_timeout: lookupTimeoutMs,
        } as { text: string });
        if (rows.length > 0) return true;
      }
      return false;
    } catch (error) {
      if (isNameLost(error)) return true;
      hasFailed = true;
      throw isDatabaseFailure(error) ? new DatabaseUnavailableError(error) : error;
    } finally {
      for (const client of [one, other]) client?.release(hasFailed);
    }
  }

  /** From now on, this node uses no named statements, so that it refuses no request; and it is not ready. */
  private tellLoss(): void {
    if (!this.#losesNames) this.#logger.error(new NamedStatementsLostError());
    this.#losesNames = true;
  }

  /**
   * Checks that this node can do its work with the database.
   *
   * @throws {NamedStatementsLostError}
   * @throws {StandbyError}
   * @throws {ReadOnlyDatabaseError}
   * @throws {DatabaseUnavailableError}
   */
  async assertUsable(): Promise<void> {
    if (this.#losesNames) throw new NamedStatementsLostError();
    const [state] = await this.look<WriteState>(writeStateStatement);
    if (state!.isStandby) throw new StandbyError();
    if (state!.isReadOnly) throw new ReadOnlyDatabaseError();
  }

  /**
   * @throws {Error} if a migration of this version has not run, for example because an older backup was restored
   * @throws {DatabaseUnavailableError}
   */
  async assertMigrated(): Promise<void> {
    if ((await this.missingMigrations()).length > 0) throw new Error('A migration is missing.');
  }

  /**
   * The migrations of this version that have not run on the database, the oldest first.
   *
   * @throws {DatabaseUnavailableError}
   */
  async missingMigrations(): Promise<string[]> {
    // Where no schema is set, the tables are wherever the search path of the role finds them.
    const list = this.settings.databaseSchema === undefined ? listOnSearchPath : listInCurrentSchema;
    return findMissingMigrations(this.dataSource, (statement) => this.look(statement), list);
  }

  /** A quick check that neither delays a login nor waits behind one. */
  private look<Row extends QueryResultRow>(statement: NamedStatement): Promise<Row[]> {
    return this.query<Row>(statement, [], { apart: true, timeoutMs: lookupTimeoutMs });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#apart?.end();
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  private apart(): Pool {
    if (this.#apart === undefined) {
      const { pool } = this;
      const { password, ssl } = pool.options;
      this.#apart = new (pool.constructor as typeof Pool)({ ...pool.options, password, ssl, max: 1 });
      // An idle connection that is lost is replaced by the next statement.
      this.#apart.on('error', () => {});
    }
    return this.#apart;
  }

  /** Any failure to connect counts as unavailable: the server may be starting, full, or being moved. */
  private async connect(pool: Pool): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
  }
}

/**
 * SQLSTATEs of a transaction that Postgres aborted in favour of another, and that may succeed if it is run again:
 * deadlock_detected and serialization_failure.
 */
const conflicts: unknown[] = ['40P01', '40001'];

async function againAfterConflict<Result>(attempt: () => Promise<Result>, maxAttempts = 5): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!conflicts.includes((error as { code?: unknown }).code) || attempts === maxAttempts) throw error;
    }
  }
}

/** Closes the connection instead of giving it back. TypeORM does so itself, but only for errors of the socket. */
async function abandon(runner: QueryRunner, error: unknown): Promise<void> {
  const closing = runner as unknown as { releasePostgresConnection(error: unknown): Promise<void> };
  await closing.releasePostgresConnection(error);
}
