import { Injectable, Logger } from '@nestjs/common';
import { BackgroundTask, type Task } from '../background/background-task.js';
import { maxAccessTokenTtl } from '../config/token-lifetimes.js';
import { Settings } from '../config/settings.js';
import { Database, type NamedStatement, type Transaction } from '../database/database.js';
import { StandbyError } from '../database/database.errors.js';
import { OutageLog } from '../database/outage-log.js';
import { describeError } from '../errors/describe-error.js';
import { withTimeout } from '../limits/with-timeout.js';
import { RefreshGrace } from './refresh-grace.js';
import { RevocationMemory, type RevocationNotice, type TokenSubject } from './revocation-memory.js';
import { Revocation } from './revocation.entity.js';
import { DatabaseAwayError, type RevocationReason, RevocationsUnknownError } from './sessions.errors.js';

/** Milliseconds between two polls. */
const pollIntervalMs = 250;
/** Milliseconds for which a node relies on a poll, counted from its beginning, unless polls fail. */
const freshnessMs = 1_000;
/** Milliseconds that a request waits for a node that has to catch up. */
const catchUpTimeoutMs = 500;
/** Milliseconds for the statement of a poll: a connection without answers must not delay the next poll for long. */
const pollTimeoutMs = 1_000;
/** Rows that one statement reads: with a million rows, the first polls of a node would otherwise exceed that time. */
const maxRows = 10_000;
/** Seconds added to the life of the longest token, since the clocks of nodes differ. */
const clockSkewSeconds = 120;
/** Seconds for which a revocation is needed, whatever the settings of the nodes are. */
export const revocationLifetime = maxAccessTokenTtl + clockSkewSeconds;

/** What a poll has seen: every transaction below `next`, except those that were `pending`. */
interface Snapshot {
  next: bigint;
  pending: string[];
}

/** The snapshot of a node that has seen nothing. */
const beginning: Snapshot = { next: 0n, pending: [] };

interface RevocationRow {
  next: string;
  pending: string[];
  transactionId: string | null;
  id: string | null;
  sessionId: string | null;
  userId: string | null;
  minimumVersion: number | null;
  reason: RevocationReason | null;
  lifetime: number | null;
  isStandby: boolean;
}

/**
 * The revocations that the earlier poll has not seen: those of transactions that were pending then, and of newer ones. The
 * revocations of a slow transaction are read after its commit. No row is read twice, however long a transaction stays
 * open. A row of an old version, which used its own `ACCESS_TOKEN_TTL`, is kept as long as other rows.
 * https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
const pollStatement: NamedStatement = {
  name: 'poll-revocations-2',
  text: `
    SELECT
      pg_snapshot_xmax(snapshot)::text AS next,
      ARRAY(SELECT pg_snapshot_xip(snapshot)::text) AS pending,
      news.transaction_id AS "transactionId",
      news.id,
      session_id AS "sessionId",
      user_id AS "userId",
      minimum_version AS "minimumVersion",
      reason,
      extract(epoch FROM news.until - now())::float AS lifetime,
      pg_is_in_recovery() AS "isStandby"
    FROM pg_current_snapshot() AS snapshot
    LEFT JOIN (
      SELECT *, greatest(expires_at, created_at + interval '${revocationLifetime} seconds') AS until
      FROM (
        SELECT * FROM revocations WHERE transaction_id = ANY ($1::bigint[])
        UNION ALL (
          SELECT * FROM revocations
          WHERE (transaction_id, id) > ($2::bigint, $3::bigint)
          ORDER BY transaction_id, id
          LIMIT ${maxRows}
        )
      ) AS unseen
    ) AS news ON true
    ORDER BY news.transaction_id, news.id`,
};

/** A standby does not tell which transactions are pending. Behind a pooler, each poll may reach another server. */
function refuseStandby(rows: RevocationRow[]): void {
  if (rows[0]!.isStandby) throw new StandbyError();
}

/**
 * The revocations. They are written in the transaction of the change that revokes. Every node learns them within a second
 * and keeps them in memory, so a guarded request needs no query.
 *
 * A node relies on its memory only while its last successful poll began less than a second ago. A node that was paused or
 * cut off polls first. If it cannot, it refuses the request with 503; if `REVOCATION_MAX_STALENESS` is longer than a second,
 * it goes on with what it knows until then.
 */
@Injectable()
@BackgroundTask()
export class RevocationsService implements Task {
  readonly #log: OutageLog;
  /** Milliseconds for which a node relies on a poll while polls fail. */
  readonly #maxStalenessMs: number;
  readonly #memory = new RevocationMemory(() => performance.now());
  #seen = beginning;
  #lastPoll = { monotonic: -Infinity, wall: -Infinity };
  #polling: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Why the last poll failed; undefined if it succeeded. */
  #failure: { cause: unknown } | undefined;

  constructor(
    private readonly database: Database,
    private readonly refreshGrace: RefreshGrace,
    { revocationMaxStaleness }: Settings,
  ) {
    this.#maxStalenessMs = revocationMaxStaleness * 1_000;
    this.#log = new OutageLog(new Logger(RevocationsService.name), {
      began: `This node cannot learn what is revoked. It lets nobody in from ${revocationMaxStaleness} s after its last poll on.`,
      goesOn: 'This node still cannot learn what is revoked.',
      ended: 'This node knows again what is revoked',
    });
  }

  /** @throws {RevocationsUnknownError} if the first poll fails: a node without the revocations does not start */
  async start(): Promise<void> {
    if (!(await this.poll())) throw new RevocationsUnknownError(this.#failure?.cause);
    this.schedulePoll(pollIntervalMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * Revokes in the transaction of the change that is the reason. This node knows it right after the commit; the other
   * nodes learn it by their polls.
   */
  async revoke({ manager, afterCommit }: Transaction, ...notices: RevocationNotice[]): Promise<void> {
    await manager.insert(
      Revocation,
      notices.map((notice) => ({
        ...notice,
        transactionId: () => 'pg_current_xact_id()::text::bigint',
        expiresAt: () => `now() + make_interval(secs => ${revocationLifetime})`,
      })),
    );
    afterCommit(() => {
      for (const notice of notices) this.#memory.learn(notice, revocationLifetime);
    });
  }

  /**
   * Whether a token was revoked; see {@link RevocationMemory.check}.
   *
   * @param isStrict whether a node to which the database does not answer relies on what it knows for a second only, and not
   *   for `REVOCATION_MAX_STALENESS`
   * @throws {RevocationsUnknownError} if this node has to poll first and cannot
   */
  async check(token: TokenSubject, isStrict: boolean): Promise<RevocationReason | 'outdated' | undefined> {
    if (!this.isKnown(isStrict)) await this.catchUp(isStrict);
    return this.#memory.check(token);
  }

  /** The same without a promise; `unknown` if this node has to poll first. */
  checkAtOnce(token: TokenSubject, isStrict: boolean): RevocationReason | 'outdated' | 'unknown' | undefined {
    return this.isKnown(isStrict) ? this.#memory.check(token) : 'unknown';
  }

  /** How many revocations this node remembers, and how many seconds ago its last successful poll began. */
  state(): { remembered: number; ageSeconds: number } {
    return {
      remembered: this.#memory.size,
      ageSeconds: (performance.now() - this.#lastPoll.monotonic) / 1_000,
    };
  }

  /** @throws {RevocationsUnknownError} if this node is not up to date, and cannot poll */
  async assertKnown(): Promise<void> {
    if (!this.isKnown(true)) await this.catchUp(true);
  }

  /**
   * Refuses at once what would be in vain while the database is away, such as to use up a code. The polls go on, so it ends
   * by itself as soon as the database answers.
   *
   * @throws {DatabaseAwayError} if the last poll failed
   */
  assertDatabaseAnswers(): void {
    if (this.#failure !== undefined) throw new DatabaseAwayError(this.#failure.cause);
  }

  /** A node whose polls do not fail, such as one that was paused, polls first, however stale it may be. */
  private isKnown(isStrict: boolean): boolean {
    if (this.isFresh(freshnessMs)) return true;
    return !isStrict && this.#failure !== undefined && this.isFresh(this.#maxStalenessMs);
  }

  /** Reads the wall clock, too: while a machine is suspended, it goes on, and the monotonic clock stands still. */
  private isFresh(maxMs: number): boolean {
    const { monotonic, wall } = this.#lastPoll;
    return performance.now() - monotonic < maxMs && Date.now() - wall < maxMs;
  }

  /** One poll for all waiting requests, and a second one if the first began too long ago. */
  private async catchUp(isStrict: boolean): Promise<void> {
    const deadline = performance.now() + catchUpTimeoutMs;
    while (!this.isFresh(freshnessMs)) {
      const left = deadline - performance.now();
      if (left > 0 && (await withTimeout(left, this.poll())) === true) continue;
      if (!isStrict && this.isFresh(this.#maxStalenessMs)) return;
      throw new RevocationsUnknownError(this.#failure?.cause);
    }
  }

  /** Whether the poll succeeded. Requests that come while a poll is in progress share it. */
  private poll(): Promise<boolean> {
    this.#polling ??= this.readNews()
      .then(
        () => this.markFresh(),
        (error: unknown) => this.markStale(error),
      )
      .finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  private async readNews(): Promise<void> {
    const began = { monotonic: performance.now(), wall: Date.now() };
    let rows = await this.read(this.#seen);
    const { next, pending } = rows[0]!;
    const seen = { next: BigInt(next), pending };
    // Transaction ids never go back, unless another server has taken the place of this one.
    if (seen.next < this.#seen.next) rows = await this.read(beginning);
    while (rows.length >= maxRows) {
      const { transactionId, id } = rows.at(-1)!;
      rows = await this.read({ next: BigInt(transactionId!), pending: [] }, id!);
    }
    this.#memory.forget();
    this.#seen = seen;
    if (began.monotonic - this.#lastPoll.monotonic > freshnessMs) this.countOutage();
    this.#lastPoll = began;
  }

  /** Learns what a snapshot has not seen. Of its `next` transaction, it learns the rows after a given row. */
  private async read({ next, pending }: Snapshot, id = '0'): Promise<RevocationRow[]> {
    const rows = await this.database.query<RevocationRow>(pollStatement, [pending, String(next), id], {
      timeoutMs: pollTimeoutMs,
      apart: true,
      check: refuseStandby,
    });
    for (const { sessionId, userId, minimumVersion, reason, lifetime } of rows) {
      if (sessionId !== null) this.#memory.learn({ sessionId, reason: reason! }, lifetime!);
      else if (userId !== null) {
        this.#memory.learn({ userId, minimumVersion: minimumVersion!, reason }, lifetime!);
      }
    }
    return rows;
  }

  private markFresh(): true {
    this.#failure = undefined;
    this.#log.succeeded();
    return true;
  }

  /** Until now, nothing is known of the database since the last poll. */
  private countOutage(): void {
    const { monotonic } = this.#lastPoll;
    if (monotonic !== -Infinity) this.refreshGrace.addOutage(monotonic);
  }

  /** The next poll reads everything: after a failure, another server may answer. */
  private markStale(error: unknown): false {
    this.#seen = beginning;
    this.countOutage();
    const cause = (error as Error).cause ?? error;
    this.#failure = { cause };
    if (!this.#stopped) this.#log.failed(describeError(cause).message);
    return false;
  }

  private schedulePoll(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.pollAgain(), delayMs).unref();
  }

  /** A first failure may be that of one connection: the next poll, on another one, follows at once. */
  private async pollAgain(): Promise<void> {
    const hadFailed = this.#failure !== undefined;
    const hasSucceeded = await this.poll();
    this.schedulePoll(hasSucceeded || hadFailed ? pollIntervalMs : 0);
  }
}
