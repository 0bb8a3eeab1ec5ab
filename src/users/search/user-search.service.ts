import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DatabaseReplica } from '../../database/database-replica.js';
import { Database } from '../../database/database.js';
import { ConcurrencyLimit } from '../../limits/concurrency-limit.js';
import { isUuid } from '../../validation/uuid.js';
import { PhoneCipher } from '../profile/phone-cipher.js';
import { toE164 } from '../profile/phone-number.js';
import { SearchCursors, type SearchIdentity, type SearchPosition } from './search-cursors.js';
import {
  estimateStatement,
  type ExactRow,
  exactStatement,
  type FoundUser,
  type GatheredRow,
  gatherStatement,
  maxGathered,
  type NameMatch,
  nicknamePattern,
  type PageBounds,
  placeOf,
  type PlainRow,
  plainStatement,
  type PlannedStatement,
  type Statement,
  type UserFilter,
  walkOnlyStatement,
  walkStatement,
} from './user-search.statements.js';
import { SearchTooBroadError, TooManySearchesError } from './search.errors.js';

/** What to search for, and how to list it. */
export interface UserSearchQuery extends SearchIdentity {
  /** Users on a page, at most. */
  limit: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

/** A page of results. */
export interface UserPage {
  users: FoundUser[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
  /** The planner's estimate for all pages; exact if one page has all results. */
  estimatedTotal: number;
}

/** Milliseconds after which a search is given up. */
const searchTimeoutMs = 2_000;

/** SQLSTATE query_canceled: the statement timed out. */
const queryCanceled = '57014';

/** If this share of all users matches a nickname, a walk along the order finds them fast enough. */
const commonShare = 0.01;

/** Searches at once, and waiting, on this node: the other connections are for users who log in. */
const concurrency = { maxConcurrent: 2, maxQueued: 8 };

/** Runs a statement within what is left of the time. */
type Run = <Row>(statement: Statement) => Promise<Row[]>;

/** The planner's estimate of the rows of a statement, which it does not run. */
type Plan = (statement: Statement) => Promise<number>;

/** Users, one more than the page shows; and an estimate for all pages. */
interface Found {
  users: FoundUser[];
  estimate: number;
}

/** Finds users in a table of any size. */
@Injectable()
export class UserSearchService implements OnModuleInit {
  readonly #logger = new Logger(UserSearchService.name);
  readonly #concurrency = new ConcurrencyLimit(concurrency, TooManySearchesError);

  constructor(
    private readonly database: Database,
    private readonly replica: DatabaseReplica,
    private readonly phones: PhoneCipher,
    private readonly cursors: SearchCursors,
  ) {}

  /** Warns if the locale of the database does not treat Chinese characters as letters. */
  async onModuleInit(): Promise<void> {
    const [row] = await this.database.run((manager) =>
      manager.query<{ isWithoutTrigrams: boolean }[]>(
        `SELECT show_trgm('张三丰') = '{}' AS "isWithoutTrigrams"`,
      ),
    );
    if (row?.isWithoutTrigrams !== true) return;
    this.#logger.warn(
      `The database's locale gives no trigrams for Chinese: nicknames are found fast by their beginning, but by a part of them only in a small table. Make a database with CREATE DATABASE … TEMPLATE template0 LOCALE 'C.UTF-8' and move the data there with pg_dump and pg_restore.`,
    );
  }

  /**
   * One page of users.
   *
   * @throws {CursorInvalidError}
   * @throws {SearchTooBroadError}
   * @throws {TooManySearchesError}
   * @throws {DatabaseUnavailableError}
   */
  async search(query: UserSearchQuery): Promise<UserPage> {
    const after = query.cursor === undefined ? undefined : this.cursors.readCursor(query, query.cursor);
    const { users, estimate } = await this.#concurrency.run(() => this.read(query, after));

    const isLast = users.length <= query.limit;
    const shown = users.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      users: shown,
      nextCursor:
        isLast || last === undefined
          ? null
          : this.cursors.writeCursor(query, { place: placeOf(last, query.sort), id: last.id }),
      estimatedTotal: isLast && after === undefined ? shown.length : Math.max(estimate, users.length),
    };
  }

  /** Reads one user more than the page shows, to know whether there is a next page. */
  private async read(query: UserSearchQuery, after: SearchPosition | undefined): Promise<Found> {
    const bounds = { sort: query.sort, after, length: query.limit + 1 };
    if (query.q !== undefined) return this.readNamed(query, query.q, bounds);
    if (!hasFilter(query)) {
      const users = await this.readAtOnce<PlainRow>(plainStatement(bounds));
      const estimate = users[0]?.total;
      if (estimate != null) return { users, estimate };
    }
    return this.withinTimeout(async (run, plan) => ({
      estimate: await plan(estimateStatement(query)),
      users: await run(walkStatement(query, bounds)),
    }));
  }

  /** Users with a name or an id. */
  private async readNamed(query: UserSearchQuery, q: string, bounds: PageBounds): Promise<Found> {
    const phone = toE164(q);
    const keys = {
      userId: isUuid(q) ? q : null,
      phoneIndexes: phone === undefined ? [] : this.phones.hashPhone(phone),
    };
    const exact = await this.readAtOnce<ExactRow>(exactStatement(q, keys, query, bounds));
    const { ids, isCertain, total } = exact[0]!;
    if (isCertain) return { users: withoutNone(exact), estimate: ids.length };

    const name: NameMatch = { ids, pattern: nicknamePattern(q) };
    return this.withinTimeout(async (run, plan) => {
      const bearers = await plan(estimateStatement({}, { ids: [], pattern: name.pattern }));
      const isWhole = ids.length === 0 && !hasFilter(query);
      const estimate = isWhole ? bearers : await plan(estimateStatement(query, name));
      // By the planner's estimate: it overestimates rare texts, but never takes one for common.
      const isCommon = bearers > (total ?? (await plan(estimateStatement({})))) * commonShare;
      if (isCommon) return { users: await run(walkStatement(query, bounds, name)), estimate };

      const rows = await run<GatheredRow>(gatherStatement(query, bounds, name));
      const matches = rows[0]?.matches ?? 0;
      if (matches <= maxGathered) {
        return { users: withoutNone(rows), estimate: Math.min(estimate, matches) };
      }
      await run(walkOnlyStatement);
      return { users: await run(walkStatement(query, bounds, name)), estimate };
    });
  }

  /**
   * Runs a statement that an index serves, whatever its values are: planned once, in one round trip, and not by itself
   * worth a limit in the database.
   */
  private readAtOnce<Row extends object>({ values, ...named }: PlannedStatement): Promise<Row[]> {
    return this.replica.query<Row>(named, values);
  }

  /**
   * At most one core, since logins need the others; no JIT compilation, which costs more than it saves here; and one time-out
   * for all statements together: each gets what the ones before have left.
   */
  private async withinTimeout<Result>(work: (run: Run, plan: Plan) => Promise<Result>): Promise<Result> {
    return this.replica.transaction(async ({ manager }) => {
      await manager.query(
        `SELECT
           set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true),
           set_config('statement_timeout', $1, true)`,
        [String(searchTimeoutMs)],
      );
      const deadline = performance.now() + searchTimeoutMs;
      const run: Run = async ({ text, values }) => {
        const left = Math.ceil(deadline - performance.now());
        if (left <= 0) throw new SearchTooBroadError();
        await manager.query(`SELECT set_config('statement_timeout', $1, true)`, [String(left)]);
        return manager.query(text, values);
      };
      try {
        return await work(run, async ({ text, values }) => planRows(await manager.query(text, values)));
      } catch (error) {
        throw isCancelled(error) ? new SearchTooBroadError(error) : error;
      }
    });
  }
}

function hasFilter({ status, appid, hasPhone, createdFrom, createdTo }: UserFilter): boolean {
  return [status, appid, hasPhone, createdFrom, createdTo].some((condition) => condition !== undefined);
}

/** Without the row that stands for no user. */
function withoutNone<Row extends { id: string | null }>(rows: Row[]): Extract<Row, { id: string }>[] {
  return rows.filter((row): row is Extract<Row, { id: string }> => row.id !== null);
}

function planRows([row]: { 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }[]): number {
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}

function isCancelled(error: unknown): boolean {
  return (error as { driverError?: { code?: unknown } }).driverError?.code === queryCanceled;
}
