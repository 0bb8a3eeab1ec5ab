import { readdirSync } from 'node:fs';
import sharp from 'sharp';
import { expect } from 'vitest';
import { dump } from './database.js';
import type { Answer, ServiceNode } from './node.js';
import { cake, tea, type World } from './world.js';

/**
 * For `expect.poll`: JobRunner begins within two seconds of a node's start. It comes a minute later if another node is
 * at work at that moment.
 */
export const jobTimeout = { timeout: 90_000 };

export const oneWeekMs = 604_800_000;

const picture = { width: 8, height: 8, channels: 3, background: '#00ff00' } as const;

/** The user asks for the deletion of their account. */
export function requestDeletion(node: ServiceNode, login: Answer): Promise<Answer> {
  return node.as(login.body.accessToken, 'DELETE', '/me');
}

/** The user logs in and takes the request back. */
export async function cancelDeletion(
  world: World,
  node: ServiceNode,
  user: string,
  appid: string = tea.appid,
): Promise<Answer> {
  return node.login({ code: await world.code(user, appid), appid, restore: true });
}

/** The waiting time of a requested deletion is over. */
export function makeErasureDue(world: World, id: string): Promise<unknown> {
  return world.database.query(`UPDATE users SET erase_at = now() - interval '1 second' WHERE id = $1`, [id]);
}

/** The row of a user. */
export async function findUser(world: World, id: string): Promise<Record<string, unknown>> {
  return (await world.database.query('SELECT * FROM users WHERE id = $1', [id]))[0]!;
}

/** A user with all the data that can be stored about one, and the traces that must be gone after the erasure. */
export async function createUserWithAllData(
  world: World,
  node: ServiceNode,
  user: string,
  phone: string,
): Promise<{ login: Answer; id: string; traces: string[] }> {
  await world.control('POST', '/users', { id: user, phone });
  const { code: phoneCode } = await world.control('POST', '/wx/getPhoneNumber', { appid: tea.appid, user });
  await world.login(node, user, cake.appid);
  const code = await world.code(user);
  const login = await node.login(
    { code, appid: tea.appid, phoneCode, consent: { policyVersion: `policy of ${user}` } },
    { headers: { 'user-agent': `phone of ${user}` } },
  );
  expect(login.body.user.phone).toBe(`+86${phone}`);
  const { accessToken, user: me } = login.body;
  await node.as(accessToken, 'PATCH', '/me', { nickname: `nickname of ${user}` });
  await node.as(accessToken, 'POST', '/auth/logout/all');
  const again = await world.login(node, user);
  const form = new FormData();
  form.append('file', new Blob([await sharp({ create: picture }).png().toBuffer()]), 'a.png');
  const uploaded = await fetch(new URL('/me/avatar', node.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${again.body.accessToken}` },
    body: form,
  });
  const { avatarUrl } = (await uploaded.json()) as { avatarUrl: string };
  const identities = await world.database.query<{ openid: string; unionid: string }>(
    'SELECT openid, unionid FROM identities WHERE user_id = $1 ORDER BY linked_at',
    [me.id],
  );
  expect(identities).toHaveLength(2);
  const traces = [
    ...identities.flatMap(({ openid, unionid }) => [openid, unionid]),
    phone,
    `nickname of ${user}`,
    `phone of ${user}`,
    `policy of ${user}`,
    avatarUrl.split('/').at(-1)!,
  ];
  expect(readdirSync(world.avatars)).toContain(traces.at(-1));
  return { login: again, id: me.id, traces };
}

/** Nothing of a user is left, except what tells that there was one. */
export async function expectErased(
  world: World,
  id: string,
  traces: string[],
  status = 'deleting',
): Promise<void> {
  const row = await findUser(world, id);
  const kept = Object.keys(row).filter((name) => row[name] !== null);
  const statusColumns = ['id', 'status', 'roles', 'token_version', 'session_epoch', 'sessions_ended_reason'];
  const dates = ['created_at', 'last_login_at', 'erased_at'];
  const ofBan = status === 'disabled' ? ['disabled_reason', 'disabled_until'] : [];
  expect(kept.toSorted()).toEqual([...statusColumns, ...dates, ...ofBan].toSorted());
  expect(row).toMatchObject({ status, roles: [] });
  for (const table of ['sessions', 'audit_events']) {
    const [count] = await world.database.query(
      `SELECT count(*)::integer AS count, count(ip)::integer AS addresses FROM ${table}
       WHERE user_id = $1 AND ${table === 'sessions' ? 'true' : `actor_id = $1`}`,
      [id],
    );
    expect(count).toMatchObject({ addresses: 0 });
    expect(count!['count']).toBeGreaterThan(0);
  }
  const everything = [
    await dump(world.database.url),
    ...world.nodes.map(({ output }) => output),
    ...readdirSync(world.avatars),
  ].join('\n');
  for (const trace of traces) expect(everything).not.toContain(trace);
}
