import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { ConcurrencyLimit } from '../../limits/concurrency-limit.js';
import { isUuid } from '../../validation/uuid.js';
import { PhoneCipher } from '../profile/phone-cipher.js';
import { toE164 } from '../profile/phone-number.js';
import { SearchCursors, type SearchIdentity, type SearchPosition } from './search-cursors.js';
import {
  estimateStatement,
  exactStatement,
  type FoundUser,
  type GatheredRow,
  gatherStatement,
  maxGathered,
  type NameMatch,
  nicknamePattern,
  placeOf,
  type Statement,
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

type Run = <Row>(statement: Statement) => Promise<Row[]>;

/** Finds users in a table of any size. */
@Injectable()
export class UserSearchService implements OnModuleInit {
  readonly #logger = new Logger(UserSearchService.name);
  readonly #concurrency = new ConcurrencyLimit(concurrency, TooManySearchesError);

  constructor(
    private readonly database: Database,
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
    const { users, estimate } = await this.#concurrency.run(() =>
      this.withinTimeout((run) => this.read(run, query, after)),
    );

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
  private async read(
    run: Run,
    query: UserSearchQuery,
    after: SearchPosition | undefined,
  ): Promise<{ users: FoundUser[]; estimate: number }> {
    const bounds = { sort: query.sort, after, length: query.limit + 1 };
    if (query.q === undefined) {
      const estimate = await estimateRows(run, estimateStatement(query));
      return { users: await run(walkStatement(query, bounds)), estimate };
    }
    const name = await this.matchName(run, query.q);
    const estimate = await estimateRows(run, estimateStatement(query, name));
    if (await isCommon(run, name)) return { users: await run(walkStatement(query, bounds, name)), estimate };

    const rows = await run<GatheredRow>(gatherStatement(query, bounds, name));
    const matches = rows[0]?.matches ?? 0;
    if (matches <= maxGathered) {
      return { users: rows.filter((row) => row.id !== null), estimate: Math.min(estimate, matches) };
    }
    await run(walkOnlyStatement);
    return { users: await run(walkStatement(query, bounds, name)), estimate };
  }

  private async matchName(run: Run, q: string): Promise<NameMatch> {
    const phone = toE164(q);
    const exact = await run<{ id: string }>(
      exactStatement(q, isUuid(q) ? q : null, phone === undefined ? [] : this.phones.hashPhone(phone)),
    );
    return { ids: exact.map(({ id }) => id), pattern: nicknamePattern(q) };
  }

  /** All statements together share one time-out: each gets what the ones before have left. */
  private async withinTimeout<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    try {
      return await this.database.transaction(async ({ manager }) => {
        await limitResources(manager);
        const deadline = performance.now() + searchTimeoutMs;
        return work(async ({ text, values }) => {
          const left = Math.ceil(deadline - performance.now());
          if (left <= 0) throw new SearchTooBroadError();
          await manager.query(`SELECT set_config('statement_timeout', $1, true)`, [String(left)]);
          return manager.query(text, values);
        });
      });
    } catch (error) {
      throw isCancelled(error) ? new SearchTooBroadError(error) : error;
    }
  }
}

/** At most one core, since logins need the others; and no JIT compilation, which costs more than it saves here. */
async function limitResources(manager: EntityManager): Promise<void> {
  await manager.query(
    `SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)`,
  );
}

/** By the planner's estimate: it overestimates rare texts, but never takes one for common. */
async function isCommon(run: Run, { pattern }: NameMatch): Promise<boolean> {
  const matching = await estimateRows(run, estimateStatement({}, { ids: [], pattern }));
  const all = await estimateRows(run, estimateStatement({}));
  return matching > all * commonShare;
}

async function estimateRows(run: Run, statement: Statement): Promise<number> {
  const [row] = await run<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(statement);
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}

function isCancelled(error: unknown): boolean {
  return (error as { driverError?: { code?: unknown } }).driverError?.code === queryCanceled;
}
