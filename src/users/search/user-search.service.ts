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

/** What to look for, and how to list it. */
export interface UserSearchQuery extends SearchIdentity {
  /** Users on a page, at most. */
  limit: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

/** A page of what was found. */
export interface UserPage {
  users: FoundUser[];
  /** For the page after this one; null where this is the last. */
  nextCursor: string | null;
  /** The planner's guess at all that fits, on all pages; exact where one page has it all. */
  estimatedTotal: number;
}

/** Milliseconds after which a search is given up. */
const searchTimeoutMs = 2_000;

/** SQLSTATE query_canceled: the statement's time was up. */
const queryCanceled = '57014';

/** Where this share of all users bears a nickname, walking along the order meets them often enough. */
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

  /** Says so where the database's locale takes Chinese characters for no letters. */
  async onModuleInit(): Promise<void> {
    const [row] = await this.database.run((manager) =>
      manager.query<{ blind: boolean }[]>(`SELECT show_trgm('张三丰') = '{}' AS blind`),
    );
    if (row?.blind !== true) return;
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

  /** One user more than the page shows, which tells whether there is a next one. */
  private async read(
    run: Run,
    query: UserSearchQuery,
    after: SearchPosition | undefined,
  ): Promise<{ users: FoundUser[]; estimate: number }> {
    const bounds = { sort: query.sort, after, length: query.limit + 1 };
    if (query.q === undefined) {
      const estimate = await estimated(run, estimateStatement(query));
      return { users: await run(walkStatement(query, bounds)), estimate };
    }
    const name = await this.named(run, query.q);
    const estimate = await estimated(run, estimateStatement(query, name));
    if (await isCommon(run, name)) return { users: await run(walkStatement(query, bounds, name)), estimate };

    const rows = await run<GatheredRow>(gatherStatement(query, bounds, name));
    const matches = rows[0]?.matches ?? 0;
    if (matches <= maxGathered) {
      return { users: rows.filter((row) => row.id !== null), estimate: Math.min(estimate, matches) };
    }
    await run(walkOnlyStatement);
    return { users: await run(walkStatement(query, bounds, name)), estimate };
  }

  private async named(run: Run, q: string): Promise<NameMatch> {
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
        await stayModest(manager);
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

/** One core at most, which logins may need; and no compiling of what is read for fifty rows. */
async function stayModest(manager: EntityManager): Promise<void> {
  await manager.query(
    `SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)`,
  );
}

/** As far as the planner knows, which takes a rare text for less rare than it is, but never for common. */
async function isCommon(run: Run, { pattern }: NameMatch): Promise<boolean> {
  const bearers = await estimated(run, estimateStatement({}, { ids: [], pattern }));
  const all = await estimated(run, estimateStatement({}));
  return bearers > all * commonShare;
}

async function estimated(run: Run, statement: Statement): Promise<number> {
  const [row] = await run<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(statement);
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}

function isCancelled(error: unknown): boolean {
  return (error as { driverError?: { code?: unknown } }).driverError?.code === queryCanceled;
}
