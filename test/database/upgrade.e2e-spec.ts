import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { schema } from '../../src/schema.js';
import { runCommand } from '../harness/command.js';
import type { TestDatabase } from '../harness/database.js';
import { cancelDeletion } from '../harness/deletion.js';
import type { ServiceNode } from '../harness/node.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

const fixture = (extension: string) =>
  readFileSync(join(import.meta.dirname, `fixtures/last-version.${extension}`), 'utf8');
/** What write-dump.ts knows of the dump. */
const { madeAt, encryptionKey, refreshToken, users } = JSON.parse(fixture('json'));

describe('a database of the last version', () => {
  const world = useWorld();
  let database: TestDatabase;
  let settings: Record<string, string>;
  let node: ServiceNode;
  let adminToken: string;
  beforeAll(async () => {
    world.keepSecret(encryptionKey);
    world.keepSecret(refreshToken);
    database = await world.anotherDatabase();
    // A dump has settings of its own, which the connection must not keep.
    await database.query(`${fixture('sql')}; RESET ALL`);
    await moveTimes(Date.now() - Date.parse(madeAt));
    settings = { DATABASE_URL: database.url, ENCRYPTION_KEYS: encryptionKey };
    node = await world.startNode(settings);
    adminToken = (await world.login(node, 'admin')).body.accessToken;
  });

  /** As if the dump had just been made: sessions and requested deletions expire. */
  async function moveTimes(milliseconds: number): Promise<void> {
    const columns = await database.query<{ update: string }>(`
      SELECT format('UPDATE %1$I SET %2$I = %2$I + make_interval(secs => %3$s)', table_name, column_name,
        ${milliseconds / 1_000}) AS update
      FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'`);
    await database.query(columns.map(({ update }) => update).join(';'));
  }

  const findAsAdmin = (id: string) => node.as(adminToken, 'GET', `/admin/users/${id}`);

  it('has the schema of the new version, once the service has started on it', async () => {
    expect(await database.count('weapp_auth_migrations')).toBe(schema.migrations.length);
    const options = dataSourceOptions(schema, { databaseUrl: database.url, databasePoolSize: 2 });
    const dataSource = await new DataSource(options).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('keeps sessions: their refresh tokens work', async () => {
    const refreshed = await node.refresh(refreshToken);
    expect(refreshed.status).toBe(200);
    expect((await node.me(refreshed.body.accessToken)).body).toMatchObject({
      id: users.complete,
      nickname: '欧阳锋',
      phone: '+8613800138000',
    });
  });

  it.each([tea, cake])('keeps users: a login through $name finds the same one', async ({ appid }) => {
    expect((await world.login(node, 'complete', appid)).body).toMatchObject({
      isNewUser: false,
      user: { id: users.complete },
    });
  });

  it('keeps imported users', async () => {
    expect((await world.login(node, 'imported', alone.appid)).body).toMatchObject({
      isNewUser: false,
      user: { nickname: '郭靖', phone: '+8613900139000' },
    });
  });

  it('keeps phone numbers: the search finds them', async () => {
    const found = await node.as(adminToken, 'POST', '/admin/users/search', { q: '13800138000' });
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([users.complete]);
  });

  it('keeps merges, and those that wait for an admin', async () => {
    const { merged, mergePending } = users;
    expect((await findAsAdmin(merged.duplicate)).body).toMatchObject({ id: merged.primary });
    expect((await findAsAdmin(mergePending.duplicate)).body).toMatchObject({
      mergePendingWith: mergePending.primary,
    });
  });

  it('keeps bans and erasures', async () => {
    for (const user of ['disabled', 'banned']) {
      expect((await world.login(node, user)).body.code, user).toBe('account_disabled');
    }
    expect((await world.login(node, 'erased')).body.isNewUser).toBe(true);
  });

  it('keeps requested deletions, which can still be cancelled', async () => {
    expect((await world.login(node, 'deletion pending')).body.code).toBe('account_deleting');
    const restored = await cancelDeletion(world, node, 'deletion pending');
    expect(restored.body.user.id).toBe(users.deletionPending);
  });

  it('keeps nicknames that WeChat has still to check', async () => {
    const { accessToken } = (await world.login(node, 'nickname waiting')).body;
    expect((await node.me(accessToken)).body.nickname).toBeNull();
    expect(await database.query('SELECT waiting_nickname FROM nickname_checks')).toEqual([
      { waiting_nickname: '慕容复' },
    ]);
  });

  it('keeps the audit log', async () => {
    const { items } = (await node.as(adminToken, 'GET', `/admin/audit?userId=${users.disabled}`)).body;
    expect(items.map(({ action }: { action: string }) => action)).toEqual(['user.disabled']);
  });

  it('is in order, before and after a change of the encryption keys', async () => {
    const diagnose = async (keys: string) => {
      const environment = world.environment({ ...settings, ENCRYPTION_KEYS: keys });
      const { code, stdout } = await runCommand('doctor', [], environment);
      expect({ code, faults: stdout.match(/^✗.*$/gm) }).toEqual({ code: 0, faults: null });
    };
    await diagnose(encryptionKey);
    const newKey = randomBytes(32).toString('base64');
    world.keepSecret(newKey);
    const both = world.environment({ ...settings, ENCRYPTION_KEYS: `${newKey},${encryptionKey}` });
    expect(await runCommand('keys:reencrypt', [], both)).toMatchObject({ code: 0, stderr: '' });
    await diagnose(newKey);
    const renewed = await world.startNode({ ...settings, ENCRYPTION_KEYS: newKey });
    const found = await renewed.as(adminToken, 'POST', '/admin/users/search', { q: '13800138000' });
    expect(found.body.items).toHaveLength(1);
  });
});
