import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryRunner } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';
import { Settings } from '../../config/settings.js';
import { Database } from '../../database/database.js';
import { EventsService } from '../../events/events.service.js';
import { BansService } from '../status/bans.service.js';
import { PhoneCipher } from '../profile/phone-cipher.js';
import { FileRefusedError } from './import-file.js';
import { UserImport } from './user-import.js';

const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-import-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Fails if anything is asked of it: a file is refused before the database is touched. */
const untouched = {
  connection: (work: (runner: QueryRunner) => Promise<unknown>) => work({} as QueryRunner),
} as unknown as Database;

async function refusalOf(text: string): Promise<string> {
  const file = join(directory, 'users.csv');
  writeFileSync(file, text, 'latin1');
  const users = new UserImport(
    untouched,
    {} as PhoneCipher,
    {} as BansService,
    {} as EventsService,
    { wechatApps: [] } as unknown as Settings,
  );
  const error: unknown = await users.run(file, () => {}).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(FileRefusedError);
  return (error as FileRefusedError).message;
}

describe('an import refuses a file', () => {
  it.each<[string, string, RegExp]>([
    ['that is empty', '', /^The file is empty/],
    [
      'with unknown columns',
      'appid,openid,email,"a b"\n',
      /^The header has names that are not known, in column 3, 4\. Known: /,
    ],
    ['without openid', 'appid,unionid\n', /^The header lacks openid\./],
    ['without appid and openid', 'nickname\n', /^The header lacks appid and openid\./],
    ['with a column twice', 'appid,openid,appid\n', /^The header names appid twice/],
    ['with a header that is not closed', 'appid,openid,"phone\n', /^The header cannot be read/],
    ['in UTF-16', utf16('\ufeffappid,openid\n'), /^The file is UTF-16.*CSV UTF-8/],
    ['in UTF-16 the other way round', utf16('\ufeffappid,openid\n', true), /^The file is UTF-16/],
    ['in UTF-16 without a mark', utf16('appid,openid\n'), /^The file is UTF-16/],
    [
      'in GBK',
      `appid,openid,nickname\nwx00000000000000aa,oA-person,\xd0\xa1\xc3\xf7\n`,
      /^Line 2 is not UTF-8.*GBK.*CSV UTF-8/,
    ],
    ['in GBK from its header on', 'appid,openid,\xd0\xa1\xc3\xf7\n', /^Line 1 is not UTF-8/],
    ['with semicolons', 'appid;openid;nickname\n', /^The columns are separated by semicolons/],
    ['with semicolons and quotes', '"appid";"openid"\n', /^The columns are separated by semicolons/],
    ['with tabs', 'appid\topenid\tnickname\n', /^The columns are separated by tabs/],
    ['with bars', 'appid | openid\n', /^The columns are separated by vertical bars/],
    ['with full-width commas', Buffer.from('appid，openid\n').toString('latin1'), /by full-width commas/],
    ['with a note for Excel', 'sep=;\nappid;openid\n', /^The first line is sep=/],
    ['with a quoted note for Excel', '"sep=,"\nappid,openid\n', /^The first line is sep=/],
    [
      'with the line ends of old Macs',
      `appid,openid\rwx00000000000000aa,oA-person\r`,
      /^The lines end in CR/,
    ],
  ])('%s', async (_, text, reason) => {
    const refusal = await refusalOf(text);
    expect(refusal).toMatch(reason);
    expect(refusal).not.toContain('\n');
  });

  it('in GBK although what comes first would do, so that nothing of it is garbled', async () => {
    const others = Array.from({ length: 6_000 }, (_, index) => `wx00000000000000aa,oN${index},\xd0\xa1\n`);
    const file = `appid,openid,nickname\n${others.join('')}wx00000000000000aa,oA-person,\xc3\xf7\n`;
    expect(await refusalOf(file)).toMatch(/^Line 6002 is not UTF-8/);
  });
});

/** As `writeFileSync` takes it with latin1. */
function utf16(text: string, isBigEndian = false): string {
  const bytes = Buffer.from(text, 'utf16le');
  return (isBigEndian ? bytes.swap16() : bytes).toString('latin1');
}
