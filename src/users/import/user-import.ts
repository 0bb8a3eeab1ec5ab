import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { Settings } from '../../config/settings.js';
import { randomBytes } from '../../crypto/random.js';
import { advisoryLocks, takeAdvisoryLock } from '../../database/advisory-locks.js';
import { Database } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import type { UserEvent } from '../../events/user-event.js';
import { BansService } from '../status/bans.service.js';
import { checkEncoding, FileRefusedError, readLines } from './import-file.js';
import { type ImportLine, LineRefusedError, readHeader, readImportLine } from './import-line.js';
import { ImportPlan, type UserChange } from './import-plan.js';
import {
  createStagingTables,
  escapeField,
  fillUsers,
  findKnown,
  findSeen,
  hasSecondOpenid,
  insertIdentities,
  insertUnionids,
  insertUsers,
  learnUnionids,
  rememberSeen,
} from './import-tables.js';
import { ConflictError } from '../identities/conflict.error.js';
import { PhoneCipher } from '../profile/phone-cipher.js';

/** A line that was not imported. */
export interface Refusal {
  /** Where it stands in the file, counted from 1. */
  number: number;
  reason: string;
}

/** How far an import has come. */
export interface ImportProgress {
  /** Of the file. */
  bytesRead: number;
  /** Lines with users; the header and empty ones are none. */
  lines: number;
  newUsers: number;
  /** Identities that joined a user, whether by the unionid in this file or before. */
  newIdentities: number;
  /** Users we knew who got a value that was empty. */
  filledUsers: number;
  unchanged: number;
  refused: number;
}

/** Lines for one transaction: a login of somebody among them waits for it. */
const batchSize = 5_000;

/**
 * Brings users along from elsewhere: a file of their openids.
 *
 * Each batch of lines is one transaction: its lines are staged by COPY, looked up by index, decided upon in this
 * process, and written. It locks in the order unionid, identity, user, as every sign-in does, and inserts only
 * where nobody else has: whoever signs in meanwhile waits for the batch, or lets it plan again. Whatever ends the
 * import leaves whole batches behind, and the next run finds those lines done.
 */
@Injectable()
export class UserImport {
  readonly #progress: ImportProgress = {
    bytesRead: 0,
    lines: 0,
    newUsers: 0,
    newIdentities: 0,
    filledUsers: 0,
    unchanged: 0,
    refused: 0,
  };
  /** Of this run alone: what the staged lines keep of a phone number cannot be guessed from elsewhere. */
  readonly #digestKey = randomBytes(32);
  readonly #appids: ReadonlySet<string>;

  constructor(
    private readonly database: Database,
    private readonly phones: PhoneCipher,
    private readonly bans: BansService,
    private readonly events: EventsService,
    { wechatApps }: Settings,
  ) {
    this.#appids = new Set(wechatApps.map(({ appid }) => appid));
  }

  /**
   * Imports a file.
   *
   * @param report is called after each batch with what was refused in it
   * @throws {FileRefusedError} before anything is imported
   * @throws {DatabaseUnavailableError}
   */
  async run(
    path: string,
    report: (progress: Readonly<ImportProgress>, refusals: Refusal[]) => void,
  ): Promise<Readonly<ImportProgress>> {
    await this.database.connection(async (runner) => {
      await checkEncoding(path);
      const batches = this.readBatches(path);
      // The header is read before the database is touched.
      let batch = await batches.next();
      const client = (await runner.connect()) as PoolClient;
      await createStagingTables(client);
      for (; batch.done !== true; batch = await batches.next()) {
        const { lines, refusals } = batch.value;
        await this.importLines(runner, client, lines, refusals);
        this.#progress.refused += refusals.length;
        report(
          this.#progress,
          refusals.toSorted((a, b) => a.number - b.number),
        );
      }
    });
    return this.#progress;
  }

  private async *readBatches(path: string): AsyncGenerator<{ lines: ImportLine[]; refusals: Refusal[] }> {
    let header: ReturnType<typeof readHeader> | undefined;
    let lines: ImportLine[] = [];
    let refusals: Refusal[] = [];
    for await (const { number, text, fault, bytesRead } of readLines(path)) {
      if (header === undefined) {
        if (text === undefined) throw new FileRefusedError(`The header cannot be read: ${fault}.`);
        header = readHeader(text);
        continue;
      }
      // Of rows that look empty a spreadsheet keeps the commas.
      if (text !== undefined && /^[\s,]*$/.test(text)) continue;
      this.#progress.lines += 1;
      this.#progress.bytesRead = bytesRead;
      try {
        if (text === undefined) throw new LineRefusedError(fault);
        lines.push(readImportLine(number, text, header, this.#appids));
      } catch (error) {
        if (!(error instanceof LineRefusedError)) throw error;
        refusals.push({ number, reason: error.message });
      }
      if (lines.length + refusals.length < batchSize) continue;
      yield { lines, refusals };
      lines = [];
      refusals = [];
    }
    if (header === undefined) {
      throw new FileRefusedError('The file is empty: its first line must be a header.');
    }
    if (lines.length + refusals.length > 0) yield { lines, refusals };
  }

  /** Imports lines in one transaction; where a sign-in was faster, in two smaller ones. */
  private async importLines(
    runner: QueryRunner,
    client: PoolClient,
    lines: ImportLine[],
    refusals: Refusal[],
  ): Promise<void> {
    if (lines.length === 0) return;
    const refused: Refusal[] = [];
    let plan: ImportPlan;
    await runner.startTransaction();
    try {
      await client.query(takeAdvisoryLock, [...advisoryLocks.userImport]);
      const banned = await this.bannedAmong(runner, lines);
      plan = await this.plan(client, lines, banned, refused);
      await this.write(client, plan);
      await this.events.write(runner.manager, toUserEvents(plan));
      // An erasure that was under way has been waited for by now; with it came its ban.
      if ((await this.bannedAmong(runner, lines)).size > banned.size) throw new ConflictError();
      await runner.commitTransaction();
    } catch (error) {
      await rollBack(runner);
      if (!isOvertaken(error)) throw error;
      const half = Math.ceil(lines.length / 2);
      await this.importLines(runner, client, lines.slice(0, half), refusals);
      await this.importLines(runner, client, lines.slice(half), refusals);
      return;
    }
    refusals.push(...refused);
    this.#progress.newUsers += plan.newUsers.length;
    this.#progress.newIdentities += plan.newIdentities.length;
    this.#progress.filledUsers += plan.filledUsers.length;
    this.#progress.unchanged += plan.unchanged;
  }

  private async bannedAmong({ manager }: QueryRunner, lines: ImportLine[]): Promise<Set<ImportLine>> {
    const people = lines.map((line) => ({ identity: line, unionid: line.unionid ?? undefined, line }));
    const banned = await this.bans.findBanned(manager, people);
    return new Set([...banned].map(({ line }) => line));
  }

  private async plan(
    client: PoolClient,
    lines: ImportLine[],
    banned: ReadonlySet<ImportLine>,
    refused: Refusal[],
  ): Promise<ImportPlan> {
    await this.stage(client, lines);
    const seen = await findSeen(client);
    const plan = new ImportPlan(await findKnown(client), banned);
    const accepted: number[] = [];
    for (const line of lines) {
      const identity = `${line.appid} ${line.openid}`;
      const digest = this.digest(line);
      const first = seen.get(identity);
      if (first?.digest === digest) {
        plan.unchanged += 1;
        continue;
      }
      try {
        if (first !== undefined) {
          throw new LineRefusedError(`line ${first.number} names the same user with other values`);
        }
        plan.add(line);
        seen.set(identity, { number: line.number, digest });
        accepted.push(line.number);
      } catch (error) {
        if (!(error instanceof LineRefusedError)) throw error;
        refused.push({ number: line.number, reason: error.message });
      }
    }
    await rememberSeen(client, accepted);
    return plan;
  }

  private async stage(client: PoolClient, lines: ImportLine[]): Promise<void> {
    const rows = lines.map((line) => {
      const { number, appid, openid, unionid, externalId } = line;
      const fields = [String(number), appid, openid, unionid, externalId, `\\x${this.digest(line)}`];
      return `${fields.map((field) => escapeField(field)).join('\t')}\n`;
    });
    const copy = client.query(
      copyFrom('COPY import_lines (number, appid, openid, unionid, external_id, digest) FROM STDIN'),
    );
    await pipeline(Readable.from([rows.join('')]), copy);
  }

  private digest({ unionid, externalId, nickname, phone, createdAt }: ImportLine): string {
    const values = JSON.stringify([unionid, externalId, nickname, phone, createdAt]);
    return createHmac('sha256', this.#digestKey).update(values).digest('hex').slice(0, 32);
  }

  /** In an order that no sign-in crosses: unionids, identities, and only then users that others know. */
  private async write(client: PoolClient, plan: ImportPlan): Promise<void> {
    const { newUsers, newUnionids, newIdentities, learnedUnionids, filledUsers } = plan;
    await writeAll(client, insertUsers, this.userColumns(newUsers), newUsers.length);
    const unionids = newUnionids.toSorted((a, b) => (a.unionid < b.unionid ? -1 : 1));
    await writeAll(
      client,
      insertUnionids,
      [unionids.map(({ unionid }) => unionid), unionids.map(({ userId }) => userId)],
      unionids.length,
    );
    await writeAll(
      client,
      insertIdentities,
      [
        newIdentities.map(({ id }) => id),
        newIdentities.map(({ appid }) => appid),
        newIdentities.map(({ openid }) => openid),
        newIdentities.map(({ userId }) => userId),
        newIdentities.map(({ unionid }) => unionid),
      ],
      newIdentities.length,
    );
    const created = new Set(newUsers.map(({ id }) => id));
    const joined = newIdentities.filter(({ userId }) => !created.has(userId));
    const users = joined.map(({ userId }) => userId);
    if (
      await hasSecondOpenid(
        client,
        users,
        joined.map(({ appid }) => appid),
      )
    ) {
      throw new ConflictError();
    }
    await writeAll(
      client,
      learnUnionids,
      [
        learnedUnionids.map(({ appid }) => appid),
        learnedUnionids.map(({ openid }) => openid),
        learnedUnionids.map(({ unionid }) => unionid),
        learnedUnionids.map(({ userId }) => userId),
      ],
      learnedUnionids.length,
    );
    await writeAll(client, fillUsers, this.userColumns(filledUsers), filledUsers.length);
  }

  private userColumns(users: UserChange[]): unknown[][] {
    const phones = users.map(({ id, phone }) => (phone === null ? null : this.phones.encrypt(id, phone)));
    return [
      users.map(({ id }) => id),
      users.map(({ externalId }) => externalId),
      users.map(({ nickname }) => nickname),
      phones.map((phone) => phone?.phoneSealed ?? null),
      phones.map((phone) => phone?.phoneIndex ?? null),
      users.map(({ createdAt }) => createdAt),
    ];
  }
}

function toUserEvents({ newUsers, newIdentities, filledUsers }: ImportPlan): UserEvent[] {
  return [
    ...newUsers.map(({ id }): UserEvent => ({ type: 'user.created', userId: id })),
    ...newIdentities.map(({ userId, appid }): UserEvent => ({ type: 'identity.linked', userId, appid })),
    ...filledUsers.map(({ id }): UserEvent => ({ type: 'user.updated', userId: id })),
  ];
}

/**
 * Writes rows, given column by column.
 *
 * @throws {ConflictError} if not all of them could be written as planned
 */
async function writeAll(
  client: PoolClient,
  statement: string,
  columns: unknown[][],
  count: number,
): Promise<void> {
  if (count === 0) return;
  const { rowCount } = await client.query(statement, columns);
  if (rowCount !== count) throw new ConflictError();
}

/** SQLSTATEs: deadlock detected; serialization failure; unique violation, which an UPDATE cannot step aside from. */
const overtakenStates: ReadonlySet<unknown> = new Set(['40P01', '40001', '23505']);

function isOvertaken(error: unknown): boolean {
  return error instanceof ConflictError || overtakenStates.has((error as { code?: unknown }).code);
}

/** A connection that is gone has rolled back by itself; its loss is the error that counts. */
async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    await runner.rollbackTransaction();
  } catch {
    return;
  }
}
