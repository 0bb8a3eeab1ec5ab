import { Injectable, Logger } from '@nestjs/common';
import { BackgroundTask, type Task } from '../background/background-task.js';
import { Settings } from '../config/settings.js';
import { DatabaseReplica } from '../database/database-replica.js';
import { Database, type NamedStatement } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { isErrorCode } from '../errors/error-codes.js';

/** How often logins of an app had an outcome on a day. */
export interface DailyLogins {
  /** In UTC, `2026-11-21`. */
  day: string;
  appid: string;
  outcome: string;
  count: number;
}

/** How many users came to an app for the first time on a day. */
export type DailyNewUsers = Omit<DailyLogins, 'outcome'>;

/** How often logins of an app had an outcome on this node. */
export type LoginTotal = Omit<DailyLogins, 'day'>;

interface Counter {
  day: string;
  appid: string;
  outcome: string;
  logins: number;
  newUsers: number;
}

const betweenFlushes = 10_000;

/** In the order of the key: nodes that write at the same time wait for each other, without a deadlock. */
const addStatement: NamedStatement = {
  name: 'add-login-stats-1',
  text: `
    INSERT INTO login_stats (day, appid, outcome, logins, new_users)
    SELECT *
    FROM unnest($1::date[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
      AS counted (day, appid, outcome, logins, new_users)
    ORDER BY day, appid, outcome
    ON CONFLICT (day, appid, outcome) DO UPDATE SET
      logins = login_stats.logins + excluded.logins,
      new_users = login_stats.new_users + excluded.new_users`,
};

/**
 * The login counters. A node counts in memory, and adds its counts to the table every ten seconds: so no login waits for
 * a row that all logins share. A node that is killed loses its last seconds.
 */
@Injectable()
@BackgroundTask()
export class LoginStatsService implements Task {
  readonly #logger = new Logger(LoginStatsService.name);
  readonly #appids: ReadonlySet<string>;
  #counters = new Map<string, Counter>();
  readonly #totals = new Map<string, LoginTotal>();
  #timer: NodeJS.Timeout | undefined;
  #flushed: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly replica: DatabaseReplica,
    { wechatApps }: Settings,
  ) {
    this.#appids = new Set(wechatApps.map(({ appid }) => appid));
  }

  /**
   * Counts a login on the present day, by the clock of this node. It keeps its day, however long it waits to be written.
   *
   * @param appid is not counted if it is not configured: a client could send any
   * @param outcome `succeeded`, or the code of the problem; anything else counts as `internal_error`
   */
  count(appid: string, outcome: string, isNewUser: boolean): void {
    if (!this.#appids.has(appid)) return;
    const counter = {
      day: new Date().toISOString().slice(0, 10),
      appid,
      outcome: outcome === 'succeeded' || isErrorCode(outcome) ? outcome : 'internal_error',
      logins: 1,
      newUsers: isNewUser ? 1 : 0,
    };
    this.add(counter);
    this.addToTotal(counter);
  }

  /** The counts of this node since it started. */
  totals(): Iterable<LoginTotal> {
    return this.#totals.values();
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.flush(), betweenFlushes).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /**
   * Adds the counts to the table, one write after the other. Counts of a failed write are kept for the next one. If only
   * its answer was lost, they are counted twice.
   */
  async flush(): Promise<void> {
    this.#flushed = this.#flushed.then(() => this.write());
    return this.#flushed;
  }

  /** The counts of today and the days before, the newest day first. Nodes may be ten seconds behind. */
  async ofLastDays(days: number): Promise<{ logins: DailyLogins[]; newUsers: DailyNewUsers[] }> {
    return this.replica.run(async (manager) => {
      const since = `day > (now() AT TIME ZONE 'UTC')::date - $1::integer`;
      const logins = await manager.query<(Omit<DailyLogins, 'count'> & { count: string })[]>(
        `
        SELECT to_char(day, 'YYYY-MM-DD') AS day, appid, outcome, logins AS count
        FROM login_stats
        WHERE ${since}
        ORDER BY login_stats.day DESC, appid, outcome`,
        [days],
      );
      const newUsers = await manager.query<(Omit<DailyNewUsers, 'count'> & { count: string })[]>(
        `
        SELECT to_char(day, 'YYYY-MM-DD') AS day, appid, sum(new_users) AS count
        FROM login_stats
        WHERE ${since} AND new_users > 0
        GROUP BY login_stats.day, appid
        ORDER BY login_stats.day DESC, appid`,
        [days],
      );
      return { logins: logins.map(withNumber), newUsers: newUsers.map(withNumber) };
    });
  }

  private add(counter: Counter): void {
    const name = `${counter.day} ${counter.appid} ${counter.outcome}`;
    const known = this.#counters.get(name);
    if (known === undefined) {
      this.#counters.set(name, counter);
    } else {
      known.logins += counter.logins;
      known.newUsers += counter.newUsers;
    }
  }

  private addToTotal({ appid, outcome }: Counter): void {
    const name = `${appid} ${outcome}`;
    const total = this.#totals.get(name);
    if (total === undefined) this.#totals.set(name, { appid, outcome, count: 1 });
    else total.count += 1;
  }

  private async write(): Promise<void> {
    const counters = [...this.#counters.values()];
    if (counters.length === 0) return;
    this.#counters = new Map();
    try {
      await this.database.query(addStatement, [
        counters.map(({ day }) => day),
        counters.map(({ appid }) => appid),
        counters.map(({ outcome }) => outcome),
        counters.map(({ logins }) => logins),
        counters.map(({ newUsers }) => newUsers),
      ]);
    } catch (error) {
      for (const counter of counters) this.add(counter);
      this.#logger.warn(
        `The login counters could not be written, and are kept for the next time: ${describeError(error).message}`,
      );
    }
  }
}

/** The driver gives 64-bit integers as text; these are below 2^53. */
function withNumber<Row extends { count: string }>(row: Row): Omit<Row, 'count'> & { count: number } {
  return { ...row, count: Number(row.count) };
}
