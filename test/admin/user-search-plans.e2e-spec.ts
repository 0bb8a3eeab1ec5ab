import type { QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { DatabaseReplica } from '../../src/database/database-replica.js';
import { Database, type NamedStatement, type Transaction } from '../../src/database/database.js';
import { schema } from '../../src/schema.js';
import { PhoneCipher } from '../../src/users/profile/phone-cipher.js';
import {
  SearchCursors,
  type SearchIdentity,
  type SearchPosition,
} from '../../src/users/search/search-cursors.js';
import { UserSearchService } from '../../src/users/search/user-search.service.js';
import { type Statement, type UserSort, userSorts } from '../../src/users/search/user-search.statements.js';
import { SearchTooBroadError } from '../../src/users/search/search.errors.js';
import type { TestDatabase } from '../harness/database.js';
import { commonNickname, fillUsers, rareNickname, uncommonNickname } from '../harness/filled-users.js';
import { alone, cake, createMigratedDatabase, tea } from '../harness/world.js';

/** `USERS=1000000 npx vitest run --project e2e test/admin/user-search-plans` does the same with more, and prints the figures. */
const users = Number(process.env['USERS'] ?? 100_000);

/** On a page. */
const limit = 50;
const maxBuffers = 2_000;
const maxRowsPerUser = 10;

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const lastMonth = { createdFrom: daysAgo(30) };
const notLastYear = { createdTo: daysAgo(365) };

type Search = Omit<SearchIdentity, 'sort'>;

const bothCreated: readonly UserSort[] = ['-createdAt', 'createdAt'];
const none: readonly UserSort[] = [];

/**
 * What is looked for, and the orders in which an index serves it: on a full page at most ten rows are read per
 * user, and at most 2,000 buffers, however deep the page lies.
 *
 * The others are answered as long as two seconds are enough. They are those where fewer than one in ten of the rows on
 * the way fit and there are too many to gather: a small app, a nickname that between one in a hundred and one in ten
 * bear, a short time of creation by last login; and texts that have no trigram.
 */
const searches: [name: string, search: Search, served: readonly UserSort[]][] = [
  ['everybody', {}, userSorts],
  ['active', { status: 'active' }, userSorts],
  ['disabled, 1 %', { status: 'disabled' }, userSorts],
  ['merged, 0.1 %', { status: 'merged' }, userSorts],
  ['deleting, nobody', { status: 'deleting' }, userSorts],
  ['with a phone, 30 %', { hasPhone: true }, userSorts],
  ['without a phone', { hasPhone: false }, userSorts],
  ['in an app of 60 %', { appid: tea.appid }, userSorts],
  ['in an app of 30 %', { appid: cake.appid }, userSorts],
  ['in an app of 10 %', { appid: alone.appid }, none],
  ['in an app of nobody', { appid: 'wx0000000000000000' }, userSorts],
  ['made last month', lastMonth, bothCreated],
  ['made before last year', notLastYear, bothCreated],
  ['active, phone', { status: 'active', hasPhone: true }, userSorts],
  ['disabled, phone', { status: 'disabled', hasPhone: true }, userSorts],
  ['disabled, app of 60 %', { status: 'disabled', appid: tea.appid }, userSorts],
  ['disabled, last month', { status: 'disabled', ...lastMonth }, bothCreated],
  ['phone, app of 60 %', { hasPhone: true, appid: tea.appid }, userSorts],
  ['phone, last month', { hasPhone: true, ...lastMonth }, bothCreated],
  ['app of 60 %, last month', { appid: tea.appid, ...lastMonth }, bothCreated],
  [
    'active, phone, app, time',
    { status: 'active', hasPhone: true, appid: tea.appid, ...notLastYear },
    bothCreated,
  ],
  ['external id', { q: 'crm-5000' }, userSorts],
  ['external id, filters', { q: 'crm-5000', status: 'active', hasPhone: false, appid: tea.appid }, userSorts],
  ['beginning, 20 bear it', { q: rareNickname.slice(0, 2) }, userSorts],
  ['beginning, 200 bear it', { q: uncommonNickname.slice(0, 2) }, userSorts],
  ['beginning, 1 % bear it', { q: '赵' }, none],
  ['beginning, 5 % bear it', { q: '王' }, none],
  ['beginning, 20 % bear it', { q: commonNickname.slice(0, 2) }, userSorts],
  ['anywhere, 20 bear it', { q: rareNickname }, userSorts],
  ['anywhere, 200 bear it', { q: uncommonNickname }, userSorts],
  ['anywhere, 200, app of 60 %', { q: uncommonNickname, appid: tea.appid }, userSorts],
  ['anywhere, 3 % bear it', { q: 'nna' }, none],
  ['anywhere, 20 % bear it', { q: commonNickname.slice(1) }, userSorts],
  ['anywhere, nobody bears it', { q: '东方不败' }, userSorts],
  ['anywhere, no trigrams', { q: '🍵🍵🍵' }, none],
];

/** What reading a page took, all its statements together. */
interface Cost {
  answered: number;
  buffers: number;
  rows: number;
  hasNext: boolean;
}

/** Keeps the statements that are run, to run them again under EXPLAIN. */
class RecordingDatabase extends Database {
  statements: Statement[] = [];

  override async query<Row extends QueryResultRow>(named: NamedStatement, values: unknown[]): Promise<Row[]> {
    this.statements.push({ text: named.text, values });
    return super.query<Row>(named, values);
  }

  override async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return super.transaction((tx) => {
      const { manager } = tx;
      const query = manager.query.bind(manager);
      manager.query = async <Answer>(text: string, values: unknown[] = []) => {
        this.statements.push({ text, values });
        return query<Answer>(text, values);
      };
      return work(tx);
    });
  }
}

describe(`among ${users} users, a search for those`, () => {
  const ring = new KeyRing([Buffer.alloc(32, 1).toString('base64')]);
  const cursors = new SearchCursors(ring);
  const figures: Record<string, unknown>[] = [];
  let filled: TestDatabase;
  let dataSource: DataSource;
  let database: RecordingDatabase;
  let userSearch: UserSearchService;

  beforeAll(async () => {
    filled = await createMigratedDatabase();
    const options = dataSourceOptions(schema, { databaseUrl: filled.url, databasePoolSize: 2 });
    await fillUsers(filled, users);
    dataSource = await new DataSource({ ...options, extra: {} }).initialize();
    database = new RecordingDatabase(dataSource, {} as Settings);
    const withoutReplica = new DatabaseReplica(database, schema, {} as Settings);
    userSearch = new UserSearchService(database, withoutReplica, new PhoneCipher(ring), cursors);
  }, 600_000);

  afterAll(async () => {
    if (process.env['USERS'] !== undefined) console.table(figures);
    await dataSource.destroy();
    await filled.drop();
  });

  /** Reads a page, and then looks at what its statements do. */
  async function measure(search: SearchIdentity, after?: SearchPosition): Promise<Cost> {
    const cursor = after === undefined ? undefined : cursors.writeCursor(search, after);
    database.statements = [];
    const page = await userSearch.search({ ...search, limit, cursor });
    const statements = database.statements.filter(({ text }) => !text.startsWith('EXPLAIN'));
    const plans = await dataSource.transaction(async (manager) => {
      const explained: any[] = [];
      for (const { text, values } of statements) {
        if (text.includes('statement_timeout') && !text.includes('jit')) continue;
        const isSetting = text.includes('set_config');
        const rows = await manager.query(
          isSetting ? text : `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          values,
        );
        if (!isSetting) explained.push(rows[0]['QUERY PLAN'][0].Plan);
      }
      return explained;
    });
    return {
      answered: page.users.length,
      buffers: sum(plans.map((plan) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'])),
      rows: sum(plans.map((plan) => rowsRead(plan))),
      hasNext: page.nextCursor !== null,
    };
  }

  /** In the midst of those who were made at the time that a search is about. */
  async function middle({ sort, createdFrom, createdTo }: SearchIdentity): Promise<SearchPosition> {
    const column = sort === '-lastLoginAt' ? 'last_login_at' : 'created_at';
    const [row] = await filled.query<{ place: Date; id: string }>(
      `
      WITH listed AS (
        SELECT ${column} AS place, id, row_number() OVER (ORDER BY ${column}, id) AS number, count(*) OVER () AS count
        FROM users
        WHERE ${column} IS NOT NULL
          AND created_at >= coalesce($1, '-infinity'::timestamptz) AND created_at < coalesce($2, 'infinity'::timestamptz)
      )
      SELECT place, id FROM listed WHERE number = count / 2`,
      [createdFrom, createdTo],
    );
    return { place: row!.place.toISOString(), id: row!.id };
  }

  describe.each(searches)('%s:', (name, search, served) => {
    const isServed = (sort: UserSort) => served.includes(sort);

    async function costs(sort: UserSort): Promise<Cost[]> {
      const first = await measure({ ...search, sort });
      const deep = first.hasNext
        ? [await measure({ ...search, sort }, await middle({ ...search, sort }))]
        : [];
      const all = [first, ...deep];
      for (const [page, { answered, buffers, rows }] of all.entries()) {
        const where = page === 0 ? 'first' : 'deep';
        figures.push({ name, sort, page: where, answered, buffers, rows, served: isServed(sort) });
      }
      return all;
    }

    it.each(userSorts.filter((sort) => isServed(sort)))('by %s, reads little on any page', async (sort) => {
      for (const { answered, buffers, rows } of await costs(sort)) {
        expect(buffers).toBeLessThanOrEqual(maxBuffers);
        expect(rows).toBeLessThanOrEqual(maxRowsPerUser * Math.max(1, answered));
      }
    });

    it.each(userSorts.filter((sort) => !isServed(sort)))('by %s, is answered or too broad', async (sort) => {
      const outcome = await costs(sort).then(
        () => 'answered',
        (error: unknown) => error,
      );
      expect(['answered', expect.any(SearchTooBroadError)]).toContainEqual(outcome);
    });
  });
});

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Rows that the scans of a plan took from tables and indexes, those included that they then dropped. */
function rowsRead(plan: any): number {
  const below = sum((plan.Plans ?? []).map((each: any) => rowsRead(each)));
  if (!/^(?:Seq|Index|Index Only|Bitmap Heap) Scan$/.test(plan['Node Type'])) return below;
  const kept = plan['Actual Rows'];
  const dropped = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  return below + Math.round((kept + dropped) * plan['Actual Loops']);
}
