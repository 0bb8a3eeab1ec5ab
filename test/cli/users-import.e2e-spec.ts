import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CommandResult, OperatorCommand, runCommand } from '../harness/command.js';
import { dump } from '../harness/database.js';
import type { ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

const header = 'appid,openid,unionid,externalId,nickname,phone,createdAt';

describe('npm run users:import', () => {
  const world = useWorld();
  let node: ServiceNode;
  let directory: string;
  let file: string;
  beforeAll(async () => {
    node = await world.startNode();
    directory = mkdtempSync(join(tmpdir(), 'weapp-auth-import-'));
    file = join(directory, 'users.csv');
  });
  beforeEach(() => rmSync(`${file}.refused.csv`, { force: true }));
  afterEach(async () => {
    // Hooks run in reverse order: this one would wait for the locks that the world lets go of in its own.
    await world.letGo();
    await world.database.query('TRUNCATE users CASCADE');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function write(...lines: string[]): void {
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  }

  async function importFile(): Promise<CommandResult> {
    const result = await runCommand('users:import', [file], world.environment());
    // Neither may tell who is in the file.
    expect(result.stdout + result.stderr).not.toMatch(/138\d{8}|\bo[A-Z]\w*-person/);
    return result;
  }

  /** Imports a file that is in order, and says what has become of it. */
  async function importAll(...lines: string[]): Promise<Record<string, number>> {
    write(...lines);
    const { code, stdout, stderr } = await importFile();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return countsOf(stdout);
  }

  /** Imports one line after others that are in order, and says why it is refused. */
  async function refusal(line: string, ...before: string[]): Promise<string> {
    write(header, ...before, line);
    const { code, stdout } = await importFile();
    expect({ code, refused: countsOf(stdout)['refused'] }).toEqual({ code: 1, refused: 1 });
    const [first, second, ...others] = readFileSync(`${file}.refused.csv`, 'utf8').trim().split('\n');
    expect({ first, others }).toEqual({ first: 'line,reason', others: [] });
    const [, number, reason] = /^(\d+),"(.*)"$/.exec(second!)!;
    expect(Number(number)).toBe(before.length + 2);
    return reason!;
  }

  const users = () =>
    world.database.query<Record<string, any>>(
      `SELECT id, status, external_id, nickname, phone_sealed, created_at, last_login_at
       FROM users ORDER BY external_id`,
    );

  /** The openid and unionid that the emulator gives a user. */
  async function idsOf(user: string): Promise<{ openid: string; cakeOpenid: string; unionid: string }> {
    const { openids, unionids } = await world.control('POST', '/users', { id: user });
    return { openid: openids[tea.appid], cakeOpenid: openids[cake.appid], unionid: unionids['one'] };
  }

  it('makes users whom their first login finds, with all that the file has of them', async () => {
    const { openid, unionid } = await idsOf('anna');
    const counts = await importAll(
      header,
      `${tea.appid},${openid},${unionid},C-17,小明,138 0013 8000,2023-05-31T08:00:00+08:00`,
    );
    expect(counts).toEqual({
      lines: 1,
      'new users': 1,
      'new identities': 1,
      'users completed': 0,
      'lines already done': 0,
      refused: 0,
    });
    const [imported] = await users();
    expect(imported).toMatchObject({ external_id: 'C-17', last_login_at: null });
    expect(imported!['phone_sealed']).not.toContain('13800138000');

    const { body } = await world.login(node, 'anna');
    expect(body).toMatchObject({
      isNewUser: false,
      user: {
        id: imported!['id'],
        nickname: '小明',
        phone: '+8613800138000',
        createdAt: '2023-05-31T00:00:00.000Z',
      },
    });
    expect((await node.me(body.accessToken)).body).toMatchObject({
      externalId: 'C-17',
      identities: [{ appid: tea.appid }],
    });
    // The same user in another app of the account.
    expect((await world.login(node, 'anna', cake.appid)).body).toMatchObject({
      isNewUser: false,
      user: { id: imported!['id'] },
    });
  });

  it('takes columns in any order, a byte order mark, CRLF, quotes, empty lines and no last line end', async () => {
    const text = [
      'nickname , openid,appid',
      `"A, ""B""",oAnna-person,${tea.appid}`,
      '',
      ` C ,"oBert-person", ${tea.appid}`,
      `,oCarl-person,${tea.appid}`,
    ].join('\r\n');
    writeFileSync(file, `\ufeff${text}`);
    const { code, stdout } = await importFile();
    expect({ code, lines: countsOf(stdout)['lines'] }).toEqual({ code: 0, lines: 3 });
    const rows = await world.database.query('SELECT nickname FROM users ORDER BY nickname');
    expect(rows).toEqual([{ nickname: 'A, "B"' }, { nickname: 'C' }, { nickname: null }]);
  });

  it('drops white space of any kind around values, quoted or not, and rows without any', async () => {
    const text = [
      'appid\t,\topenid,nickname\u00a0,\u3000phone,externalId\u3000',
      `${tea.appid}\t,oA-person\t,Gil\t,13800138000\t,1001\t`,
      `\u3000${tea.appid}\u00a0,\toB-person ,"\t李 雷\u3000"\t,\u00a0"138 0013 8001"\u3000,\u3000"1002\t"\u00a0`,
      ',,,,',
      '\t,\u3000,,,',
    ].join('\r\n');
    writeFileSync(file, `\ufeff${text}`);
    const { code, stdout } = await importFile();
    expect({ code, lines: countsOf(stdout)['lines'] }).toEqual({ code: 0, lines: 2 });
    expect((await users()).map(({ external_id: id, nickname }) => [id, nickname])).toEqual([
      ['1001', 'Gil'],
      ['1002', '李 雷'],
    ]);
    expect(await world.database.query('SELECT openid FROM identities ORDER BY openid')).toEqual([
      { openid: 'oA-person' },
      { openid: 'oB-person' },
    ]);
  });

  it('makes one user of two apps by the unionid, whatever line or run it stands in', async () => {
    await importAll(
      header,
      `${tea.appid},oA-person,uA,C1,,,`,
      `${cake.appid},oA2-person,uA,C1,小明,13800138000,`,
      `${alone.appid},oA-person,,,,,`,
    );
    expect(await world.database.count('users')).toBe(2);
    expect(await importAll(header, `${alone.appid},oA3-person,uA,,,,`)).toMatchObject({
      'new users': 0,
      'new identities': 1,
    });
    expect(await users()).toMatchObject([
      { external_id: 'C1', nickname: '小明', phone_sealed: expect.any(String) },
      { external_id: null, nickname: null },
    ]);
  });

  it('takes values that only resemble what spreadsheets break', async () => {
    await importAll(
      header,
      `${tea.appid},oA-person,,1E5,'tis me,010 6552 9988,`,
      `${tea.appid},oB-person,,2E10,=^_^=,+852 5123 4567,`,
      `${tea.appid},oC-person,,MAR1,1.38E+10,0085251234567,`,
      `${tea.appid},oD-person,,R-1.0,2-Jan,8613800138000,`,
    );
    expect((await users()).map(({ external_id: id, nickname }) => [id, nickname])).toEqual([
      ['1E5', "'tis me"],
      ['2E10', '=^_^='],
      ['MAR1', '1.38E+10'],
      ['R-1.0', '2-Jan'],
    ]);
  });

  it('takes words for nothing as absent', async () => {
    await importAll(
      header,
      `${tea.appid},oA-person,NULL,\\N,None,undefined,0000-00-00 00:00:00`,
      `${tea.appid},oB-person,null,(null),\u3164\u200b,N/A,NaT`,
      `${cake.appid},oC-person,-,#N/A,NaN,—,"""nil"""`,
    );
    const nobody = { external_id: null, nickname: null, phone_sealed: null };
    expect(await users()).toMatchObject([nobody, nobody, nobody]);
    expect(await world.database.count('unionids')).toBe(0);
  });

  describe('never makes one user of two openids of one app', () => {
    const first = `${tea.appid},oA-person,uA,C1,,,`;
    const second = `${tea.appid},oB-person,uA,C2,,,`;
    const reason = 'the user has another openid in this mini-program, where a person has one';

    const identities = () =>
      world.database.query('SELECT appid, openid, unionid FROM identities ORDER BY appid, openid');
    const firstAlone = [{ appid: tea.appid, openid: 'oA-person', unionid: 'uA' }];

    it('in one batch, and takes the second once it has no unionid', async () => {
      expect(await refusal(second, first)).toBe(reason);
      expect(await identities()).toEqual(firstAlone);
      await importAll(header, first, `${tea.appid},oB-person,,C2,,,`);
      expect(await world.database.count('users')).toBe(2);
    });

    it('in two batches', async () => {
      const others = Array.from({ length: 5_000 }, (_, index) => `${tea.appid},oN${index},,,,,`);
      expect(await refusal(second, first, ...others)).toBe(reason);
      expect(await world.database.query(`SELECT openid FROM identities WHERE unionid = 'uA'`)).toEqual([
        { openid: 'oA-person' },
      ]);
    });

    it('in two runs', async () => {
      await importAll(header, first);
      expect(await refusal(second)).toBe(reason);
      expect(await identities()).toEqual(firstAlone);
    });

    it('by way of another app', async () => {
      expect(await refusal(second, first, `${cake.appid},oA2-person,uA,,,,`)).toBe(reason);
      expect(await world.database.count('identities')).toBe(2);
    });

    it('of which one is there already, without a unionid', async () => {
      await importAll(header, `${tea.appid},oA-person,,C1,,,`);
      expect(await refusal(second, first)).toBe(reason);
      await importAll(header, `${tea.appid},oB-person,,C2,,,`);
      expect(await refusal(second)).toBe('unionid is that of another user');
    });

    it('that came by a login', async () => {
      const { unionid } = await idsOf('carl');
      await world.login(node, 'carl');
      expect(await refusal(`${tea.appid},oB-person,${unionid},,,,`)).toBe(reason);
      expect(await world.database.count('users')).toBe(1);
    });

    it('by one externalId', async () => {
      expect(await refusal(`${tea.appid},oB-person,,C1,,,`, `${tea.appid},oA-person,,C1,,,`)).toBe(
        'externalId is that of another user',
      );
      expect(await world.database.count('users')).toBe(1);
    });
  });

  it('changes nothing the second time', async () => {
    const lines = [
      header,
      `${tea.appid},oA-person,uA,C1,小明,13800138000,2023-05-31T08:00:00Z`,
      `${cake.appid},oA-person,uA,C1,小明,13800138000,2023-05-31T08:00:00Z`,
      `${alone.appid},oB-person,,C2,,,`,
    ];
    await importAll(...lines);
    const logs = ['audit_events', 'login_stats'];
    const before = await dump(world.database.url, logs);
    expect(await importAll(...lines)).toEqual({
      lines: 3,
      'new users': 0,
      'new identities': 0,
      'users completed': 0,
      'lines already done': 3,
      refused: 0,
    });
    expect(await dump(world.database.url, logs)).toBe(before);
  });

  it('is in the audit, with counts and nothing that names a user', async () => {
    await world.database.query('TRUNCATE audit_events');
    await importAll(header, `${tea.appid},oAnna-person,,C-18,小明,13800138000,`);
    write(header, `${tea.appid},oAnna-person,,C-18,小明,13800138000,`, `${tea.appid},,,C-19,小红,,`);
    expect((await importFile()).code).toBe(1);
    const none = { lines: 0, newUsers: 0, newIdentities: 0, filledUsers: 0, unchanged: 0, refused: 0 };
    expect(
      await world.database.query(
        `SELECT action, actor, actor_id, user_id, ip, details FROM audit_events ORDER BY id`,
      ),
    ).toEqual(
      [
        { ...none, lines: 1, newUsers: 1, newIdentities: 1 },
        { ...none, lines: 2, unchanged: 1, refused: 1 },
      ].map((details) => ({
        action: 'users.imported',
        actor: 'command',
        actor_id: null,
        user_id: null,
        ip: null,
        details: { ...details, operator: { account: userInfo().username, machine: hostname() } },
      })),
    );
  });

  it('fills in what a user who came before the import lacks, and keeps what is theirs', async () => {
    const { openid, unionid } = await idsOf('bert');
    const { body } = await world.login(node, 'bert', alone.appid);
    const [{ openid: aloneOpenid } = {}] = await world.database.query<{ openid: string }>(
      'SELECT openid FROM identities',
    );
    await node.patch('/me', { nickname: 'B.' }, { headers: { authorization: `Bearer ${body.accessToken}` } });
    const lines = [
      header,
      `${alone.appid},${aloneOpenid},${unionid},C1,小明,13800138000,2020-01-01T00:00:00Z`,
      `${tea.appid},${openid},${unionid},,,,`,
    ];
    expect(await importAll(...lines)).toMatchObject({ 'new users': 0, 'users completed': 1 });
    expect(await importAll(...lines)).toMatchObject({ 'lines already done': 2 });

    const { accessToken } = (await world.login(node, 'bert', tea.appid)).body;
    expect((await node.me(accessToken)).body).toMatchObject({
      id: body.user.id,
      nickname: 'B.',
      externalId: 'C1',
      phone: '+8613800138000',
      createdAt: body.user.createdAt,
    });
    expect(await world.database.query('SELECT unionid FROM identities')).toEqual([{ unionid }, { unionid }]);
  });

  it('leaves a user who is disabled alone', async () => {
    await importAll(header, `${tea.appid},oA-person,uA,,,,`);
    await world.database.query(`UPDATE users SET status = 'disabled'`);
    expect(await importAll(header, `${tea.appid},oA-person,uA,C1,小明,,`)).toMatchObject({
      'users completed': 0,
      'lines already done': 1,
    });
    expect(await users()).toMatchObject([{ external_id: null, nickname: null }]);
    expect(await refusal(`${cake.appid},oA-person,uA,,,,`)).toBe('the user of this unionid is disabled');
  });

  describe('refuses a line', () => {
    const known = `${tea.appid},oA-person,uA,C1,小明,13800138000,2023-01-01T00:00:00Z`;

    const wrong: [string, string, string | RegExp][] = [
      ['of an app that is not served', 'wx00000000000000ff,oB-person,,,,,', /appid is not a mini-program/],
      ['without an appid', ',oB-person,,,,,', 'appid is empty'],
      ['without an openid', `${tea.appid},,,,,,`, 'openid is empty'],
      ['with a word for nothing as appid', '(null),oB-person,,,,,', /^appid is a word for nothing/],
      ['with a word for nothing as openid', `${tea.appid},NULL,,,,,`, /^openid is a word for nothing/],
      ['with white space in the openid', `${tea.appid},oB person,,,,,`, /^openid is not/],
      ['with an openid of 129 characters', `${tea.appid},${'o'.repeat(129)},,,,,`, /^openid is not/],
      ['with an openid that is not ASCII', `${tea.appid},oé,,,,,`, /^openid is not/],
      ['with a unionid that is not ASCII', `${tea.appid},oB-person,uß,,,,`, /^unionid is not/],
      ['with an externalId of 129 characters', `${tea.appid},oB-person,,${'x'.repeat(129)},,,`, /externalId/],
      ['with a nickname of 33 characters', `${tea.appid},oB-person,,,${'x'.repeat(33)},,`, /^nickname/],
      [
        'with a nickname that cannot be seen',
        `${tea.appid},oB-person,,,\u2800\u0301,,`,
        /^nickname must contain a v/,
      ],
      [
        'with a nickname that changes direction',
        `${tea.appid},oB-person,,,a\u202eb,,`,
        /^nickname must not contain/,
      ],
      [
        'with a line separator in the nickname',
        `${tea.appid},oB-person,,,a\u2028b,,`,
        /^nickname must not contain/,
      ],
      [
        'with an externalId that cannot be seen',
        `${tea.appid},oB-person,,1001\u200b,,,`,
        /^externalId holds a char/,
      ],
      ['with half of a phone number', `${tea.appid},oB-person,,,,138,`, /^phone is no number/],
      [
        'with a number abroad without its plus',
        `${tea.appid},oB-person,,,,85251234567,`,
        /^phone is no number of/,
      ],
      [
        'with a number that China does not give out',
        `${tea.appid},oB-person,,,,12645678901,`,
        /^phone is no/,
      ],
      [
        'with a plus before what is no number',
        `${tea.appid},oB-person,,,,+999123,`,
        /^phone is no number that/,
      ],
      [
        'with a phone in scientific notation',
        `${tea.appid},oB-person,,,,1.38E+10,`,
        /^phone is in scientific/,
      ],
      [
        'with a phone of Java',
        `${tea.appid},oB-person,,,,1.3800138E10,`,
        /^phone is in scientific notation: the s/,
      ],
      [
        'with an externalId in scientific notation',
        `${tea.appid},oB-person,,8.68533E+14,,,`,
        /^externalId is in/,
      ],
      ['with a German one', `${tea.appid},oB-person,,"8,68533E+14",,,`, /^externalId is in scientific/],
      [
        'with an openid in scientific notation',
        `${tea.appid},8E+27,,,,,`,
        /^openid is in scientific notation/,
      ],
      [
        'with a unionid in scientific notation',
        `${tea.appid},oB-person,8.1E+27,,,,`,
        /^unionid is in scientific/,
      ],
      [
        'with a time in scientific notation',
        `${tea.appid},oB-person,,,,,1.71E+12`,
        /^createdAt is in scientific/,
      ],
      [
        'with decimal places in the phone',
        `${tea.appid},oB-person,,,,13800138000.0,`,
        /^phone is a number with/,
      ],
      [
        'with decimal places in the externalId',
        `${tea.appid},oB-person,,1001.00,,,`,
        /^externalId is a number/,
      ],
      [
        'with an apostrophe before the phone',
        `${tea.appid},oB-person,,,,'13800138000,`,
        /^phone begins with an/,
      ],
      ['with a formula', `${tea.appid},oB-person,,"=""1001""",,,`, /^externalId begins with an equals sign/],
      ['with a date for an externalId', `${tea.appid},oB-person,,2-Jan,,,`, /^externalId is a date/],
      ['with a Chinese date for an externalId', `${tea.appid},oB-person,,1月2日,,,`, /^externalId is a date/],
      [
        'with a reference that is broken',
        `${tea.appid},oB-person,,#REF!,,,`,
        /^externalId is an error of the/,
      ],
      ['with an error for a nickname', `${tea.appid},oB-person,,,#NAME?,,`, /^nickname is an error of the/],
      [
        'with a column that was too narrow',
        `${tea.appid},oB-person,,,,########,`,
        /^phone is an error of the/,
      ],
      ['with a date for a time', `${tea.appid},oB-person,,,,,2023-05-31`, /^createdAt is no ISO 8601/],
      ['with a time without a zone', `${tea.appid},oB-person,,,,,2023-05-31T08:00:00`, /zone/],
      ['with the 30th of February', `${tea.appid},oB-person,,,,,2023-02-30T08:00:00Z`, /^createdAt is no/],
      ['with a time in the future', `${tea.appid},oB-person,,,,,2999-01-01T00:00:00Z`, /in the future/],
      ['with a time long before WeChat', `${tea.appid},oB-person,,,,,0000-01-01T00:00:00Z`, /before 1970/],
      ['with a NUL', `${tea.appid},oB-person,,C\u00002,,,`, /control character/],
      ['with a carriage return in its nickname', `${tea.appid},oB-person,,,"a\rb",,`, /control character/],
      ['with a tab in its nickname', `${tea.appid},oB-person,,,a\tb,,`, /control character/],
      ['with a field too few', `${tea.appid},oB-person,,,,`, 'the line has 6 fields, the header 7'],
      ['with a field too many', `${tea.appid},oB-person,,,,,,`, 'the line has 8 fields, the header 7'],
      ['with a quote that is not closed', `${tea.appid},oB-person,,,"B,,`, /^a quote/],
      ['with a quote inside a field', `${tea.appid},oB-person,,,a"b,,`, /^a quote/],
      ['that is very long', `${tea.appid},oB-person,,,${'x'.repeat(20_000)},,`, /longer than 16384 bytes/],
      ['with a repeated user, and other values', `${tea.appid},oA-person,uA,C1,小红,,`, /^line 2 names/],
      ['with an externalId that is taken', `${tea.appid},oB-person,,C1,,,`, /^externalId is that of another/],
      ['with a second openid of a unionid', `${tea.appid},oB-person,uA,,,,`, /has another openid/],
      ['with a second openid of unionid and externalId', `${tea.appid},oB-person,uA,C1,,,`, /another openid/],
      ['with a second externalId', `${cake.appid},oA-person,uA,C2,,,`, 'the user has another externalId'],
    ];
    /** What became of them, one after another in one file. */
    let refused: string[];
    let kept: object;
    beforeAll(async () => {
      write(header, known, ...wrong.map(([, line]) => line));
      await importFile();
      refused = readFileSync(`${file}.refused.csv`, 'utf8').trim().split('\n').slice(1);
      kept = {
        users: await world.database.count('users'),
        identities: await world.database.count('identities'),
      };
    });

    it('and keeps nothing of it', () => {
      expect(refused).toHaveLength(wrong.length);
      expect(kept).toEqual({ users: 1, identities: 1 });
    });

    it.each(wrong.map(([name, , reason], index) => [name, reason, index] as const))(
      '%s',
      (_, reason, index) => {
        const [, line, found] = /^(\d+),"(.*)"$/.exec(refused[index]!)!;
        expect(Number(line)).toBe(index + 3);
        expect(found).toMatch(reason);
      },
    );

    it('whose unionid is another user’s, or another than the identity has', async () => {
      await importAll(header, known, `${tea.appid},oB-person,uB,C2,,,`, `${alone.appid},oC-person,,,,,`);
      expect(await refusal(`${tea.appid},oB-person,uC,,,,`)).toMatch(/^the user has another unionid/);
      expect(await refusal(`${alone.appid},oC-person,uB,,,,`)).toBe('unionid is that of another user');
      expect(await refusal(`${alone.appid},oC-person,,C2,,,`)).toBe('externalId is that of another user');
    });

    it('that repeats a user from far above', async () => {
      const others = Array.from({ length: 6_000 }, (_, index) => `${tea.appid},oN${index},,,,,`);
      expect(await refusal(`${tea.appid},oA-person,,,,,`, known, ...others)).toMatch(/^line 2 names/);
    });

    it('and takes away the report once nothing is refused', async () => {
      await refusal(`${tea.appid},,,,,,`);
      await importAll(header, known);
      expect(existsSync(`${file}.refused.csv`)).toBe(false);
    });
  });

  describe('refuses the whole file', () => {
    it.each<[string, string, RegExp]>([
      ['without openid', 'appid,unionid\n', /^The header lacks openid\./],
      [
        'in GBK',
        `appid,openid,nickname\n${tea.appid},oA-person,\xd0\xa1\xc3\xf7\n`,
        /^Line 2 is not UTF-8.*GBK.*CSV UTF-8/,
      ],
    ])('%s, in one line', async (_, text, reason) => {
      writeFileSync(file, text, 'latin1');
      const { code, stdout, stderr } = await importFile();
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(reason);
      expect(stderr.trim()).not.toContain('\n');
      expect(await world.database.count('users')).toBe(0);
    });

    it('that is not there', async () => {
      const result = await runCommand('users:import', [join(directory, 'none.csv')], world.environment());
      expect(result).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^ENOENT[^\n]+none\.csv[^\n]+\n$/),
      });
    });

    it.each([[[]], [['a.csv', 'b.csv']], [['--file', 'a.csv']]])('when called with %j', async (options) => {
      expect(await runCommand('users:import', options, world.environment())).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^[^\n]+Usage: weapp-auth users:import[^\n]+\n$/),
      });
    });

    it('while the database is away', async () => {
      write(header);
      const away = world.environment({ DATABASE_URL: 'postgres://127.0.0.1:1/weapp' });
      expect(await runCommand('users:import', [file], away)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^The database is away[^\n]+\n$/),
      });
    });
  });

  it('counts a refused line for nothing: a later line of the same user stands by itself', async () => {
    write(
      header,
      `${tea.appid},oA-person,,C-1,,,`,
      `${tea.appid},oB-person,,C-1,,,`,
      `${tea.appid},oB-person,,C-1,,,`,
      `${tea.appid},oB-person,,C-2,,,`,
      `${tea.appid},oB-person,,C-2,,,`,
    );
    const { code, stdout } = await importFile();
    expect({ code, refused: countsOf(stdout)['refused'] }).toEqual({ code: 1, refused: 2 });
    expect((await users()).map(({ external_id: externalId }) => externalId)).toEqual(['C-1', 'C-2']);
    expect(readFileSync(`${file}.refused.csv`, 'utf8')).toMatch(
      /^line,reason\n3,"externalId[^\n]+\n4,"externalId[^\n]+\n$/,
    );
  });

  it('tells nothing of a file that has no header', async () => {
    write(`${tea.appid},oA-person,uA,小明,13800138000`);
    const { code, stdout, stderr } = await importFile();
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('Does the file begin with a header?');
    expect(stdout + stderr).not.toMatch(/小明|uA/);
  });

  describe('beside a login that is under way', () => {
    let login: Client;
    beforeEach(async () => {
      login = new Client({ connectionString: world.database.url });
      await login.connect();
      await login.query('BEGIN');
    });
    afterEach(() => login.end());

    const anna = 'aaaaaaaa-0000-7000-8000-000000000000';
    const line = `${tea.appid},oA-person,uA,C1,,,`;

    async function register(unionid: string | null): Promise<void> {
      await login.query('INSERT INTO users (id) VALUES ($1)', [anna]);
      if (unionid !== null) await login.query('INSERT INTO unionids VALUES ($1, $2)', [unionid, anna]);
      await login.query(
        `INSERT INTO identities (id, appid, openid, user_id, unionid) VALUES (gen_random_uuid(), $1, 'oA-person', $2, $3)`,
        [tea.appid, anna, unionid],
      );
    }

    /** Imports the lines, and has the login go on once the import waits for it. */
    async function importBeside(
      lines: string[],
      goOn: () => Promise<unknown>,
    ): Promise<Record<string, number>> {
      const importing = importAll(header, `${alone.appid},oX-person,,X,,,`, ...lines);
      await vi.waitFor(
        async () => {
          const waiting = await world.database.query(
            `SELECT 1 FROM pg_stat_activity
             WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
          );
          expect(waiting).toHaveLength(1);
        },
        { timeout: 90_000, interval: 20 },
      );
      await goOn();
      return importing;
    }

    it.each([
      ['its unionid', 'uA'],
      ['no unionid', null],
    ])('with %s, waits and completes the user that it makes', async (_, unionid) => {
      await register(unionid);
      const counts = await importBeside([line], () => login.query('COMMIT'));
      expect(counts).toMatchObject({ 'new users': 1, 'users completed': 1 });
      expect(await users()).toMatchObject([{ id: anna, external_id: 'C1' }, { external_id: 'X' }]);
      expect(await world.database.query('SELECT unionid FROM identities ORDER BY unionid')).toEqual([
        { unionid: 'uA' },
        { unionid: null },
      ]);
    });

    it('makes the user itself if the login comes to nothing', async () => {
      await register('uA');
      const counts = await importBeside([line], () => login.query('ROLLBACK'));
      expect(counts).toMatchObject({ 'new users': 2, 'users completed': 0 });
    });

    it.each([
      ['links', 'SELECT FROM users WHERE id = $1 FOR UPDATE'],
      ['brings by the unionid', 'SELECT FROM unionids WHERE user_id = $1 FOR UPDATE'],
    ])('gives no second openid of an app to a user who %s one', async (_, lock) => {
      await importAll(header, `${tea.appid},oA-person,uA,,,,`);
      const [user] = await users();
      await login.query(
        `INSERT INTO identities (id, appid, openid, user_id) VALUES (gen_random_uuid(), $1, 'oA2-person', $2)`,
        [cake.appid, user!['id']],
      );
      await login.query(lock, [user!['id']]);
      write(header, `${cake.appid},oB-person,uA,,,,`);
      const importing = importFile();
      await world.waitsForLock();
      await login.query('COMMIT');
      expect(await importing).toMatchObject({ code: 1 });
      expect(readFileSync(`${file}.refused.csv`, 'utf8')).toMatch(
        /^line,reason\n2,"the user has another openid/,
      );
      expect(await world.database.query('SELECT openid FROM identities ORDER BY openid')).toEqual([
        { openid: 'oA-person' },
        { openid: 'oA2-person' },
      ]);
    });

    it('stands in nobody’s way who links an identity to a user whom the batch completes', async () => {
      await importAll(header, `${tea.appid},oA-person,uA,,,,`);
      const [user] = await users();
      await login.query(`SELECT FROM unionids WHERE unionid = 'uA' FOR UPDATE`);
      await login.query(
        `INSERT INTO identities (id, appid, openid, user_id) VALUES (gen_random_uuid(), $1, 'oA2-person', $2)`,
        [cake.appid, user!['id']],
      );
      const lines = [`${tea.appid},oA-person,,C1,小明,,`, `${cake.appid},oA2-person,,,,,`];
      const counts = await importBeside(lines, async () => {
        // Below the second after which Postgres would end a deadlock by failing either of the two.
        await login.query(`SET LOCAL lock_timeout = '300ms'`);
        await login.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [user!['id']]);
        await login.query('COMMIT');
      });
      expect(counts).toMatchObject({ 'new users': 1, 'new identities': 1, 'users completed': 1 });
    });
  });

  describe('with three batches of lines', () => {
    const lines = 11_000;
    /** Every fifth line is the user of the line before, in another app. */
    const userCount = 8_800;

    beforeEach(() => {
      const rows = Array.from({ length: lines }, (_, index) => {
        const user = index % 5 === 4 ? index - 1 : index;
        const { appid } = index % 5 === 4 ? cake : tea;
        return `${appid},oN${index},uN${user},C${user},"N, ${user}",138${String(user).padStart(8, '0')},`;
      });
      write(header, ...rows);
    });

    async function expectWholeUsers(): Promise<void> {
      expect(await world.database.count('users')).toBe(userCount);
      expect(await world.database.count('identities')).toBe(lines);
      expect(await world.database.count('unionids')).toBe(userCount);
      const [{ halves } = {}] = await world.database.query(
        `SELECT count(*)::integer AS halves FROM users
         WHERE external_id IS NULL OR nickname IS NULL OR phone_sealed IS NULL OR phone_index IS NULL
           OR NOT EXISTS (SELECT FROM identities WHERE user_id = users.id)
           OR NOT EXISTS (SELECT FROM unionids WHERE user_id = users.id)`,
      );
      expect(halves).toBe(0);
    }

    /** Has the second batch wait for somebody who is logging in, so that whatever ends the import does it in the middle. */
    const holdSecondBatch = () =>
      world.hold(
        `WITH guest AS (INSERT INTO users (id) VALUES (gen_random_uuid()) RETURNING id)
         INSERT INTO unionids (unionid, user_id) SELECT $1, id FROM guest`,
        ['uN7500'],
      );

    it('is killed in the middle, and the next run completes it', async () => {
      const letGo = await holdSecondBatch();
      const killed = OperatorCommand.launch('users:import', [file], world.environment());
      await world.waitsForLock();
      killed.process.kill('SIGKILL');
      await killed.result();
      await world.endOtherWaits();
      await letGo();
      const before = await world.database.count('users');
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(userCount);

      const { code, stdout } = await importFile();
      expect({ code, made: countsOf(stdout)['new users'] }).toEqual({ code: 0, made: userCount - before });
      await expectWholeUsers();
    });

    it('is interrupted in the middle, keeps the report so far, and the next run completes it', async () => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('\n', '\nwx-unknown,oX-person,,,,,\n'));
      const letGo = await holdSecondBatch();
      const interrupted = OperatorCommand.launch('users:import', [file], world.environment());
      await world.waitsForLock();
      interrupted.process.kill('SIGINT');
      const { code, stderr } = await interrupted.result();
      await world.endOtherWaits();
      await letGo();
      expect(code).toBe(130);
      expect(stderr).toContain('run the same command again for the rest');
      const reports = readdirSync(directory).filter((name) => name.includes('refused'));
      expect(reports).toEqual([`${basename(file)}.refused.csv`]);

      expect((await importFile()).code).toBe(1);
      await expectWholeUsers();
    });

    it('runs twice at once, and makes everybody once', async () => {
      const results = await Promise.all([importFile(), importFile()]);
      expect(results.map(({ code }) => code)).toEqual([0, 0]);
      const made = results.map(({ stdout }) => countsOf(stdout)['new users']!);
      expect(made[0]! + made[1]!).toBe(userCount);
      await expectWholeUsers();
    });

    it('creates one user for each WeChat user who logs in during the import, and every login succeeds', async () => {
      const names = Array.from({ length: 60 }, (_, index) => `guest-${index}`);
      const ids = await Promise.all(names.map((name) => idsOf(name)));
      const guests = ids.flatMap(({ openid, cakeOpenid, unionid }, index) => [
        `${tea.appid},${openid},${unionid},G${index},,,`,
        `${cake.appid},${cakeOpenid},${unionid},G${index},,,`,
      ]);
      const rows = readFileSync(file, 'utf8').trim().split('\n');
      // All over the file.
      guests.forEach((guest, index) => rows.splice(1 + index * 150, 0, guest));
      write(...rows);

      const importing = importFile();
      const logins = await Promise.all(
        [...names, ...names.toReversed()].map(async (name, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * 20));
          return world.loginPatiently(node, name, index % 2 === 0 ? tea.appid : cake.appid);
        }),
      );
      expect(logins.filter(({ status }) => status !== 200).map(({ body }) => body.code)).toEqual([]);
      expect(await importing).toMatchObject({ code: 0 });
      expect(await world.database.count('users')).toBe(userCount + names.length);
      for (const [index, name] of names.entries()) {
        const { body } = await world.login(node, name);
        expect(body.isNewUser).toBe(false);
        const [row] = await world.database.query(
          `SELECT external_id, (SELECT count(*)::integer FROM identities WHERE user_id = users.id) AS identities
           FROM users WHERE id = $1`,
          [body.user.id],
        );
        expect(row).toEqual({ external_id: `G${index}`, identities: 2 });
      }
    });
  });
});

/** The figures of the summary by their names. */
function countsOf(summary: string): Record<string, number> {
  return Object.fromEntries(
    [...summary.matchAll(/^ *(\d+) ([a-z]+(?: [a-z]+)*)/gm)].map(([, count, name]) => [name!, Number(count)]),
  );
}
