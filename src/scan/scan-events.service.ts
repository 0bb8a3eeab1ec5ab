import { AsyncResource } from 'node:async_hooks';
import { PassThrough, type Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { BackgroundTask, type Task } from '../background/background-task.js';
import type { QueryResultRow } from 'pg';
import { Database, type NamedStatement } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import { UsersService } from '../users/users.service.js';
import { TooManyPagesError } from './scan.errors.js';

/** Milliseconds between two polls: a page learns a change within a second. */
const pollIntervalMs = 250;

const comment = ':\n\n';

/** Milliseconds between two comments, which keep proxies from closing a quiet connection. */
const commentIntervalMs = 15_000;

/** Pages that wait on one node. */
const maxPages = 5_000;

/** Connections that wait for one scan. One more takes the place of the oldest, whose page may be gone. */
const maxPagesPerScan = 4;

/** What a page learns. After the last three, nothing changes any more. */
type ScanState = 'pending' | 'scanned' | 'approved' | 'denied' | 'expired';
const finalStates: readonly ScanState[] = ['approved', 'denied', 'expired'];

/** What the pages of a scan know. */
interface Knowledge {
  state: ScanState;
  event: string;
}

interface WaitingScan {
  /** Undefined until the first poll. */
  known?: Knowledge;
  pages: Set<PassThrough>;
}

interface ChangedRow {
  id: string;
  state: ScanState;
  userId: string | null;
}

/** The scans whose state is another one than their pages know. One statement for all pages of this node. */
const pollStatement: NamedStatement = {
  name: 'poll-scans-1',
  text: `
    SELECT * FROM (
      SELECT
        waiting.id,
        waiting.known,
        CASE
          WHEN scans.status = 'used' THEN 'approved'
          WHEN scans.status = 'denied' THEN 'denied'
          WHEN scans.expires_at > clock_timestamp() THEN scans.status
          ELSE 'expired'
        END AS state,
        scans.user_id AS "userId"
      FROM unnest($1::uuid[], $2::text[]) AS waiting (id, known)
      LEFT JOIN scans ON scans.id = waiting.id
    ) AS found
    WHERE state IS DISTINCT FROM known`,
};

/** Pushes to the pages that wait on this node what becomes of their scans. It polls only while pages wait. */
@Injectable()
@BackgroundTask()
export class ScanEventsService implements Task, OnModuleDestroy {
  readonly #logger = new Logger(ScanEventsService.name);
  readonly #scans = new Map<string, WaitingScan>();
  #pageCount = 0;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #hasFailed = false;

  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly userResponses: UserResponseMapper,
  ) {}

  /** The first page that waits starts the polls. */
  async start(): Promise<void> {}

  /** Ends the streams before Nest waits for the requests in progress. The pages reconnect, to another node. */
  onModuleDestroy(): void {
    this.#stopped = true;
    for (const { pages } of this.#scans.values()) {
      for (const page of pages) page.end();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  /**
   * The events of a scan (`text/event-stream`): its state now, and each change. The stream ends after the last.
   *
   * @throws {TooManyPagesError}
   */
  subscribe(scanId: string): Readable {
    if (this.#pageCount >= maxPages) throw new TooManyPagesError();
    const page = new PassThrough();
    if (this.#stopped) return page.end();
    const scan: WaitingScan = this.#scans.get(scanId) ?? { pages: new Set() };
    this.#scans.set(scanId, scan);
    const [oldest] = scan.pages;
    if (scan.pages.size >= maxPagesPerScan) oldest!.end();
    scan.pages.add(page);
    this.#pageCount += 1;
    // The first one makes the headers go out.
    page.write(comment);
    const comments = setInterval(() => write(page, comment), commentIntervalMs).unref();
    // A page that goes away while something is written to it is no failure.
    page.on('error', () => {});
    page.once('close', () => {
      clearInterval(comments);
      this.#pageCount -= 1;
      scan.pages.delete(page);
      if (scan.pages.size === 0) this.#scans.delete(scanId);
    });
    if (scan.known !== undefined) tell(page, scan.known);
    else this.pollSoon(0);
    return page;
  }

  /** In the context in which this service was made: polls are for all pages, and no part of the trace of a request. */
  private readonly pollSoon: (delayMs: number) => void = AsyncResource.bind((delayMs: number) => {
    if (this.#stopped || this.#polling !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#polling = this.poll().finally(() => {
        this.#polling = undefined;
        const isNew = [...this.#scans.values()].some(({ known }) => known === undefined);
        if (this.#scans.size > 0) this.pollSoon(isNew && !this.#hasFailed ? 0 : pollIntervalMs);
      });
    }, delayMs).unref();
  });

  /** Pages wait on while the database is away. */
  private async poll(): Promise<void> {
    const waiting = [...this.#scans];
    try {
      const changed = await this.database.query<ChangedRow & QueryResultRow>(pollStatement, [
        waiting.map(([id]) => id),
        waiting.map(([, { known }]) => known?.state ?? null),
      ]);
      for (const row of changed) await this.push(row);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) {
        const { message } = describeError((error as Error).cause ?? error);
        this.#logger.warn(`The pages that show a code learn nothing at present: ${message}`);
      }
      this.#hasFailed = true;
    }
  }

  private async push({ id, state, userId }: ChangedRow): Promise<void> {
    const isPending = this.#scans.get(id)?.known?.state === 'pending';
    const isDecided = state === 'approved' || state === 'denied';
    // A user may look and decide between two polls.
    const scanned = state === 'scanned' || (isPending && isDecided) ? await this.toScannedEvent(userId!) : '';
    const scan = this.#scans.get(id);
    if (scan === undefined) return;
    scan.known = { state, event: state === 'scanned' ? scanned : toEvent(state, {}) };
    for (const page of scan.pages) {
      if (state !== 'scanned') write(page, scanned);
      tell(page, scan.known);
    }
  }

  /** With what the page may show of the user who has scanned. */
  private async toScannedEvent(userId: string): Promise<string> {
    const user = await this.users.findCanonical(userId);
    const { nickname, avatarKey } = user ?? { nickname: null, avatarKey: null };
    return toEvent('scanned', { nickname, avatarUrl: this.userResponses.avatarUrl(avatarKey) });
  }
}

function toEvent(state: ScanState, data: object): string {
  return `event: ${state}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Tells a page what is known. The last state ends the stream. */
function tell(page: PassThrough, { state, event }: Knowledge): void {
  write(page, event);
  if (finalStates.includes(state)) page.end();
}

/** A page that has been ended takes no more, until it is closed. */
function write(page: PassThrough, text: string): void {
  if (page.writable) page.write(text);
}
