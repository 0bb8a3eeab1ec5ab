import { isNothingWord } from '../../validation/nothing-words.js';
import { plainTextFault } from '../../validation/plain-text.js';
import { isIdentifier } from '../../wechat/identifier.js';
import { describeSpreadsheetDamage, isSpreadsheetError } from './spreadsheet-damage.js';
import { FileRefusedError } from './import-file.js';
import { maxNicknameLength } from '../profile/nickname.js';
import { toE164 } from '../profile/phone-number.js';

/** One line of the file: a user in one mini-program. */
export interface ImportLine {
  /** Its number in the file, from 1. */
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

/** Why a line is refused, for the report. Never quotes the content of the line. */
export class LineRefusedError extends Error {}

const required = ['appid', 'openid'] as const;
const columns = [...required, 'unionid', 'externalId', 'nickname', 'phone', 'createdAt'] as const;
type Column = (typeof columns)[number];

const maxExternalIdLength = 128;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]/u;

function isRequired(column: Column): boolean {
  return required.some((each) => each === column);
}

/** With a zone: without one, the time would depend on the machine. */
const timeWithZone = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * Reads the first line: the order of the columns.
 *
 * @throws {FileRefusedError} naming columns that are unknown, missing or repeated, or the separator that is used instead of commas
 */
export function readHeader(text: string): Column[] {
  refuseOtherSeparators(text);
  let names: string[];
  try {
    names = splitFields(text);
  } catch (error) {
    throw new FileRefusedError(`The header cannot be read: ${(error as Error).message}.`);
  }
  const unknown = names.flatMap((name, index) =>
    columns.some((column) => column === name) ? [] : [index + 1],
  );
  if (unknown.length > 0) {
    // By position, not by name: if the header is missing, the "names" are an openid and a phone number.
    throw new FileRefusedError(
      `The header has names that are not known, in column ${unknown.join(', ')}. Known: ${columns.join(', ')}. Does the file begin with a header?`,
    );
  }
  const missing = required.filter((column) => !names.includes(column));
  if (missing.length > 0) throw new FileRefusedError(`The header lacks ${missing.join(' and ')}.`);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new FileRefusedError(`The header names ${twice} twice.`);
  return names as Column[];
}

const separators = {
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
  '，': 'full-width commas',
  '；': 'full-width semicolons',
};

/** Separators of other programs and countries. */
function refuseOtherSeparators(header: string): void {
  if (/^"?sep=/i.test(header)) {
    throw new FileRefusedError(
      'The first line is sep=…, a note that only Excel reads: remove it, so that the first line names the columns, with commas between them.',
    );
  }
  if (header.includes('\r')) {
    throw new FileRefusedError('The lines end in CR alone: save the file with LF or CRLF.');
  }
  for (const [separator, name] of Object.entries(separators)) {
    const names = header.split(separator).map((field) => field.replaceAll('"', '').trim());
    if (columns.filter((column) => names.includes(column)).length < required.length) continue;
    throw new FileRefusedError(
      `The columns are separated by ${name}: save the file with commas between them.`,
    );
  }
}

/**
 * Reads and checks one line below the header.
 *
 * @param appids the configured mini-programs
 * @throws {LineRefusedError}
 */
export function readImportLine(
  number: number,
  text: string,
  header: readonly Column[],
  appids: ReadonlySet<string>,
): ImportLine {
  const fields = splitFields(text);
  if (fields.length !== header.length) {
    throw new LineRefusedError(`the line has ${fields.length} fields, the header ${header.length}`);
  }
  const values: Partial<Record<Column, string>> = {};
  header.forEach((column, index) => {
    const value = fields[index]!;
    if (/\p{Cc}/u.test(value)) throw new LineRefusedError(`${column} holds a control character`);
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
  if (externalId !== null && externalId.length > maxExternalIdLength) {
    throw new LineRefusedError(`externalId is longer than ${maxExternalIdLength} characters`);
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
  // A nickname may be any readable text.
  const damage = column === 'nickname' ? undefined : describeSpreadsheetDamage(value);
  if (damage !== undefined) throw new LineRefusedError(`${column} ${damage}`);
}

/** A value, quoted or not, and the comma or the end of the line after it. Between quotes a quote is written twice. */
const fieldPattern = /(?:\s*"([^"]*(?:""[^"]*)*)"\s*|([^",]*))(,|$)/y;

/**
 * The fields of one line, without white space around them. No value may contain a line break. So an unclosed quote spoils
 * only its own line.
 */
function splitFields(line: string): string[] {
  const fields: string[] = [];
  fieldPattern.lastIndex = 0;
  for (let end = ','; end === ',';) {
    const match = fieldPattern.exec(line);
    if (match === null) throw new LineRefusedError('a quote is not closed, or stands inside a field');
    fields.push((match[1]?.replaceAll('""', '"') ?? match[2]!).trim());
    end = match[3]!;
  }
  return fields;
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

/** `Date` reads the 30th of February as the 2nd of March. */
function isDate(year: number, month: number, day: number): boolean {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
