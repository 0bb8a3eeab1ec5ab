import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEmulator } from '../../emulator/src/index.js';
import { openidOf } from '../../emulator/src/state/identifiers.js';
import { alone, apps, cake, tea, wechatApps } from '../harness/apps.js';
import { runCommand } from '../harness/command.js';
import { TestDatabase } from '../harness/database.js';
import { type Answer, ServiceNode } from '../harness/node.js';

// Writes fixtures/last-version.sql and .json, on which upgrade.e2e-spec.ts starts the newest version. Run it on the commit
// of each release:
//
//   npm run build && npx tsx test/database/write-dump.ts postgres://postgres:PASSWORD@127.0.0.1:5432/postgres
//
// The server has the oldest version of Postgres that is supported (15), so that every version can load the dump. The PATH
// has a pg_dump of the same version.

const [serverUrl] = process.argv.slice(2);
if (serverUrl === undefined) throw new Error('Name the URL of a Postgres server.');

const oneWeekMs = 604_800_000;
const encryptionKey = randomBytes(32).toString('base64');
const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-dump-'));
const database = await TestDatabase.create(serverUrl);
const emulator = await createEmulator({ apps });
const environment = {
  PATH: process.env['PATH']!,
  HOST: '127.0.0.1',
  PORT: '0',
  DATABASE_URL: database.url,
  WECHAT_APPS: wechatApps,
  WECHAT_BASE_URL: emulator.url,
  ENCRYPTION_KEYS: encryptionKey,
  JWT_ISSUER: 'https://login.example.com',
  AVATAR_STORAGE: `file:${join(directory, 'avatars')}`,
};
const node = await ServiceNode.start(environment);

try {
  await login('admin');
  await command('admin:grant', '--appid', tea.appid, '--openid', openidOf(tea.appid, 'admin'));
  const admin = await login('admin');
  const changeUser = (id: string, change: object) => send(admin, 'PATCH', `/admin/users/${id}`, change);
  const eraseUser = (id: string) => send(admin, 'DELETE', `/admin/users/${id}`);

  const users = {
    complete: await createCompleteUser(),
    disabled: await createUser('disabled'),
    deletionPending: await createUser('deletion pending'),
    erased: await createUser('erased'),
    banned: await createUser('banned'),
    merged: await createDuplicate('merged'),
    mergePending: await createDuplicate('merge pending', (id) => changeUser(id, { roles: ['tester'] })),
  };
  const until = new Date(Date.now() + oneWeekMs).toISOString();
  await changeUser(users.disabled, { status: 'disabled', reason: 'spam', until });
  await send(await login('deletion pending'), 'DELETE', '/me');
  await changeUser(users.banned, { status: 'disabled', reason: 'fraud' });
  for (const id of [users.erased, users.banned]) await eraseUser(id);
  await send(await login('logged out'), 'POST', '/auth/logout/all');
  await createWaitingNickname();
  await importUser();
  await command('keys:rotate');
  const { refreshToken: first } = await login('complete');
  const { refreshToken } = successOf(await node.refresh(first));

  // Writes the statistics of the logins, too.
  await node.stop();
  writeFixture('sql', dumpDatabase());
  const facts = { madeAt: new Date().toISOString(), encryptionKey, refreshToken, users };
  writeFixture('json', `${JSON.stringify(facts, undefined, 2)}\n`);
} finally {
  await node.stop();
  await emulator.close();
  await database.drop();
  rmSync(directory, { recursive: true });
}

/** A user who has logged in once. Returns the id. */
async function createUser(name: string, appid?: string): Promise<string> {
  return (await login(name, appid)).user.id;
}

/** A user with all that can be stored about one. */
async function createCompleteUser(): Promise<string> {
  emulator.wechat.users.save({ id: 'complete', phone: '13800138000' });
  await login('complete', cake.appid);
  const { code: phoneCode } = emulator.phone.getPhoneNumber(tea.appid, 'complete');
  const me = await login('complete', tea.appid, { phoneCode, consent: { policyVersion: '2026-11' } });
  await send(me, 'PATCH', '/me', { nickname: '欧阳锋' });
  const picture = { width: 8, height: 8, channels: 3, background: '#00ff00' } as const;
  const form = new FormData();
  form.append('file', new Blob([await sharp({ create: picture }).png().toBuffer()]), 'a.png');
  const authorization = `Bearer ${me.accessToken}`;
  await fetch(new URL('/me/avatar', node.url), { method: 'PUT', headers: { authorization }, body: form });
  return me.user.id;
}

/** Two users who turn out to be one, after something was done to the first. */
async function createDuplicate(
  name: string,
  prepare: (id: string) => Promise<unknown> = async () => {},
): Promise<{ primary: string; duplicate: string }> {
  emulator.wechat.users.save({ id: name, unionid: false });
  const primary = await createUser(name);
  const duplicate = await createUser(name, cake.appid);
  await prepare(primary);
  emulator.wechat.users.save({ id: name, unionid: true });
  for (const { appid } of [tea, cake]) await login(name, appid);
  return { primary, duplicate };
}

/** A user whose nickname WeChat has still to check. */
async function createWaitingNickname(): Promise<void> {
  emulator.wechat.faults.add({ path: '/wxa/msg_sec_check', errcode: 45009 });
  await send(await login('nickname waiting'), 'PATCH', '/me', { nickname: '慕容复' });
}

async function importUser(): Promise<void> {
  const file = join(directory, 'users.csv');
  const fields = [alone.appid, openidOf(alone.appid, 'imported'), '', 'crm-1', '郭靖', '13900139000', ''];
  writeFileSync(file, `appid,openid,unionid,externalId,nickname,phone,createdAt\n${fields.join(',')}\n`);
  await command('users:import', file);
}

async function login(user: string, appid: string = tea.appid, body: object = {}): Promise<any> {
  const { code } = emulator.phone.login(appid, user);
  return successOf(await node.login({ code, appid, ...body }));
}

async function send(
  { accessToken }: { accessToken: string },
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  successOf(await node.as(accessToken, method, path, body));
}

function successOf({ status, text, body }: Answer): any {
  if (status >= 300) throw new Error(`The service answered ${status}: ${text}`);
  return body;
}

async function command(name: string, ...options: string[]): Promise<void> {
  const { code, stderr } = await runCommand(name, options, environment);
  if (code !== 0) throw new Error(`${name} failed: ${stderr}`);
}

/** SQL for any client: without the commands of psql. */
function dumpDatabase(): string {
  const options = ['--inserts', '--rows-per-insert=50', '--no-owner', '--no-privileges'];
  const sql = execFileSync('pg_dump', [...options, database.url], { encoding: 'utf8' });
  return sql.replaceAll(/^\\.*\n/gm, '');
}

function writeFixture(extension: string, content: string): void {
  writeFileSync(join(import.meta.dirname, `fixtures/last-version.${extension}`), content);
}
