import { Injectable, Logger } from '@nestjs/common';
import { BackgroundTask, type Task } from '../background/background-task.js';
import { maxAccessTokenTtl } from '../config/token-lifetimes.js';
import { Database, type NamedStatement, type Transaction } from '../database/database.js';
import { StandbyError } from '../database/database.errors.js';
import { describeError } from '../errors/describe-error.js';
import { withTimeout } from '../limits/with-timeout.js';
import { RevocationMemory, type RevocationNotice, type TokenSubject } from './revocation-memory.js';
import { Revocation } from './revocation.entity.js';
import { RevocationsUnknownError, type RevocationReason } from './sessions.errors.js';

/** Milliseconds between two polls. */
const pollIntervalMs = 250;
/** Milliseconds for which a poll is believed, counted from its beginning. */
const maxStalenessMs = 1_000;
/** Milliseconds that a request waits for a node that has to catch up. */
const catchUpTimeoutMs = 500;
/** Milliseconds for the statement of a poll: a connection that has gone silent must not blind the node for long. */
const pollTimeoutMs = 1_000;
/** Rows that one statement reads: a node that starts among a million is not to run into that. */
const maxRows = 10_000;
/** Seconds added to the life of the longest token, since the clocks of nodes differ. */
const clockSkewSeconds = 120;
/** Seconds for which a revocation is of interest, whatever the nodes are set to. */
export const revocationLifetime = maxAccessTokenTtl + clockSkewSeconds;

/** What a poll has seen: every transaction below `next`, but for those that were `pending`. */
interface Snapshot {
  next: bigint;
  pending: string[];
}

/** As of a node that has seen nothing. */
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
 * The revocations that an earlier poll has not seen: those of transactions that were pending then, and of newer
 * ones. A transaction that is slow to commit thus comes late, but not never, and however long one stays open, no
 * row is read again. A row of a version that went by its own `ACCESS_TOKEN_TTL` lives as long as others.
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

/** A standby does not tell which transactions are pending. Behind a pooler, each poll may meet another server. */
function refuseStandby(rows: RevocationRow[]): void {
  if (rows[0]!.isStandby) throw new StandbyError();
}

/**
 * What is revoked: written with the change that revokes, learnt by every node within a second, kept in memory, so
 * that a guarded request asks no database.
 *
 * A node believes its memory only while its last successful poll began less than a second ago. One that was
 * paused, cut off or held up catches up first, or admits that it does not know.
 */
@Injectable()
@BackgroundTask()
export class RevocationsService implements Task {
  readonly #logger = new Logger(RevocationsService.name);
  readonly #memory = new RevocationMemory(() => performance.now());
  #seen = beginning;
  #lastPoll = { monotonic: -Infinity, wall: -Infinity };
  #polling: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #isStale = false;

  constructor(private readonly database: Database) {}

  /** @throws {RevocationsUnknownError} A node that does not know what was revoked before does not start. */
  async start(): Promise<void> {
    if (!(await this.poll())) throw new RevocationsUnknownError();
    this.schedulePoll();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * Revokes, in the transaction of what is the reason. This node knows it as soon as that has been committed; the others
   * poll.
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
   * What is known against a token; see {@link RevocationMemory.check}.
   *
   * @throws {RevocationsUnknownError} where this node has to catch up and cannot
   */
  async check(token: TokenSubject): Promise<RevocationReason | 'outdated' | undefined> {
    await this.assertKnown();
    return this.#memory.check(token);
  }

  /** @throws {RevocationsUnknownError} where this node has to catch up and cannot */
  async assertKnown(): Promise<void> {
    if (!this.isFresh()) await this.catchUp();
  }

  /** The wall clock is asked, too: that of a suspended machine goes on where the monotonic one stands still. */
  private isFresh(): boolean {
    const { monotonic, wall } = this.#lastPoll;
    return performance.now() - monotonic < maxStalenessMs && Date.now() - wall < maxStalenessMs;
  }

  /** One poll for all requests that wait; a second one where the first was under way for too long already. */
  private async catchUp(): Promise<void> {
    const deadline = performance.now() + catchUpTimeoutMs;
    while (!this.isFresh()) {
      const left = deadline - performance.now();
      if (left <= 0 || (await withTimeout(left, this.poll())) !== true) throw new RevocationsUnknownError();
    }
  }

  /** Whether it succeeded. Requests that come while one is under way share it. */
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
    this.#lastPoll = began;
  }

  /** Learns what a snapshot has not seen; of its `next` transaction, what comes after a row. */
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
    if (this.#isStale) this.#logger.log('This node knows again what is revoked.');
    this.#isStale = false;
    return true;
  }

  /** The next poll reads everything: after a failure, another server may answer. */
  private markStale(error: unknown): false {
    this.#seen = beginning;
    if (!this.#isStale && !this.#stopped) {
      const { message } = describeError((error as Error).cause ?? error);
      this.#logger.warn(`This node cannot learn what is revoked, and lets nobody in meanwhile: ${message}`);
    }
    this.#isStale = true;
    return false;
  }

  private schedulePoll(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.poll().then(() => this.schedulePoll()), pollIntervalMs).unref();
  }
}
