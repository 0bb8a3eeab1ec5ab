import { CsvError, parse } from 'csv-parse/sync';
import { isNothingWord } from '../text/nothing-words.js';
import { plainTextFault } from '../text/plain-text.js';
import { isIdentifier } from '../wechat/identifier.js';
import { describeDamage, isSpreadsheetError } from './import-damage.js';
import { maxNicknameLength } from './nickname.js';
import { toE164 } from './phones.js';

/** A person in one mini-program, as a line of the file has them. */
export interface ImportLine {
  /** Where it stands in the file, counted from 1. */
  number: number;
  appid: string;
  openid: string;
  unionid: string | null;
  externalId: string | null;
  nickname: string | null;
  /** E.164. */
  phone: string | null;
  createdAt: Date | null;
}

/** What a line lacks, for the report: never quotes what it holds. */
export class LineRefusedError extends Error {}

/** The header cannot be used. */
export class HeaderRefusedError extends Error {}

const required = ['appid', 'openid'] as const;
const columns = [...required, 'unionid', 'externalId', 'nickname', 'phone', 'createdAt'] as const;
type Column = (typeof columns)[number];

const longestExternalId = 128;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]/u;

function isRequired(column: Column): boolean {
  return required.some((each) => each === column);
}

/** With a zone: a time without one would mean another moment on another machine. */
const timeWithZone = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * Reads the first line: which column stands where.
 *
 * @throws {HeaderRefusedError} naming what is unknown, missing or there twice
 */
export function readHeader(text: string): Column[] {
  let names: string[];
  try {
    names = splitFields(text);
  } catch (error) {
    throw new HeaderRefusedError(`The header cannot be read: ${(error as Error).message}.`);
  }
  const unknown = names.flatMap((name, index) =>
    columns.some((column) => column === name) ? [] : [index + 1],
  );
  if (unknown.length > 0) {
    // By place and not by name: where the header is missing, the names are somebody's openid and phone number.
    throw new HeaderRefusedError(
      `The header has names that are not known, in column ${unknown.join(', ')}. Known: ${columns.join(', ')}. Does the file begin with a header?`,
    );
  }
  const missing = required.filter((column) => !names.includes(column));
  if (missing.length > 0) throw new HeaderRefusedError(`The header lacks ${missing.join(' and ')}.`);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new HeaderRefusedError(`The header names ${twice} twice.`);
  return names as Column[];
}

/**
 * Reads and checks one line below the header.
 *
 * @param appids those that are configured
 * @throws {LineRefusedError}
 */
export function readImportLine(
  number: number,
  text: string,
  header: readonly Column[],
  appids: ReadonlySet<string>,
): ImportLine {
  if (/\p{Cc}/u.test(text)) throw new LineRefusedError('the line holds a control character');
  const fields = splitFields(text);
  if (fields.length !== header.length) {
    throw new LineRefusedError(`the line has ${fields.length} fields, the header ${header.length}`);
  }
  const values: Partial<Record<Column, string>> = {};
  header.forEach((column, index) => {
    const value = fields[index]!;
    refuseDamage(column, value);
    if (!isNothingWord(value)) values[column] = value;
    else if (isRequired(column)) {
      throw new LineRefusedError(
        value === '' ? `${column} is empty` : `${column} is a word for nothing, such as NULL`,
      );
    }
  });

  const { unionid = null, externalId = null, nickname = null, phone, createdAt } = values;
  // `readHeader` has seen both columns.
  const appid = values.appid!;
  const openid = values.openid!;
  if (!appids.has(appid)) throw new LineRefusedError('appid is not a mini-program that is served here');
  if (!isIdentifier(openid)) throw new LineRefusedError('openid is not 1 to 128 printable ASCII characters');
  if (unionid !== null && !isIdentifier(unionid)) {
    throw new LineRefusedError('unionid is not 1 to 128 printable ASCII characters');
  }
  if (externalId !== null && externalId.length > longestExternalId) {
    throw new LineRefusedError(`externalId is longer than ${longestExternalId} characters`);
  }
  if (externalId !== null && invisible.test(externalId)) {
    throw new LineRefusedError('externalId holds a character that cannot be seen');
  }
  const fault = nickname === null ? undefined : plainTextFault(nickname, maxNicknameLength);
  if (fault !== undefined) throw new LineRefusedError(`nickname ${fault}`);
  return {
    number,
    appid,
    openid,
    unionid,
    externalId,
    nickname,
    phone: phone === undefined ? null : readPhone(phone),
    createdAt: createdAt === undefined ? null : readTime(createdAt),
  };
}

function refuseDamage(column: Column, value: string): void {
  if (isSpreadsheetError(value)) {
    throw new LineRefusedError(`${column} is an error of the spreadsheet, such as #REF!`);
  }
  // A nickname may be anything that can be read.
  const damage = column === 'nickname' ? undefined : describeDamage(value);
  if (damage !== undefined) throw new LineRefusedError(`${column} ${damage}`);
}

/**
 * The fields of one line, without the white space around them. No value may hold a line break, so that a quote
 * that is never closed spoils its own line and not those after it.
 */
function splitFields(line: string): string[] {
  if (!line.includes('"')) return line.split(',').map((field) => field.trim());
  try {
    const [fields = []] = parse(line, { trim: true, relax_column_count: true });
    return fields.map((field) => field.trim());
  } catch (error) {
    if (error instanceof CsvError)
      throw new LineRefusedError('a quote is not closed, or stands inside a field');
    throw error;
  }
}

function readPhone(text: string): string {
  const phone = toE164(text);
  if (phone === undefined) {
    throw new LineRefusedError(
      /^[+＋]/.test(text)
        ? 'phone is no number that could exist'
        : 'phone is no number of mainland China: write any other with + and its country code, such as +852',
    );
  }
  return phone;
}

function readTime(text: string): Date {
  const [, year, month, day] = timeWithZone.exec(text)?.map(Number) ?? [];
  const time = new Date(text);
  if (year === undefined || Number.isNaN(time.getTime()) || !isDate(year, month!, day!)) {
    throw new LineRefusedError(
      'createdAt is no ISO 8601 time with a zone, such as 2024-05-31T08:00:00+08:00',
    );
  }
  if (year < 1970) throw new LineRefusedError('createdAt lies before 1970');
  if (time.getTime() > Date.now()) throw new LineRefusedError('createdAt lies in the future');
  return time;
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDate(year: number, month: number, day: number): boolean {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
