import type { Client } from 'pg';
import { hashSecret } from '../../src/sessions/refresh-tokens.js';
import { app } from './deployment.js';
import { refreshSecret } from './users.js';

/** Users that one statement makes. */
const batchSize = 100_000;

const uuid = (kind: string) => `('00000000-0000-${kind}-8000-' || lpad(to_hex(number), 12, '0'))::uuid`;
const openid = `'o' || left(md5(number::text), 27)`;
const unionid = `'u' || left(md5(number::text), 27)`;

/**
 * Makes users, each with an identity, a unionid and a session. They came a second after each other, have logged in within
 * the hour, and a hundredth of them is disabled.
 */
export async function fillDatabase(client: Client, users: number): Promise<void> {
  // Nobody needs them if the machine fails now.
  await client.query(`SET synchronous_commit = off`);
  for (let from = 0; from < users; from += batchSize) {
    const range = [from, Math.min(from + batchSize, users) - 1];
    await client.query(
      `INSERT INTO users (id, nickname, status, last_login_at, created_at)
       SELECT
         ${uuid('7000')}, left(md5('nickname ' || number), 8), CASE WHEN number % 100 = 99 THEN 'disabled' ELSE 'active' END,
         now() - number % 1000 * interval '1 second', timestamptz '2025-01-01T00:00:00Z' + number * interval '1 second'
       FROM generate_series($1::integer, $2) AS number`,
      range,
    );
    await client.query(
      `INSERT INTO unionids (unionid, user_id)
       SELECT ${unionid}, ${uuid('7000')} FROM generate_series($1::integer, $2) AS number`,
      range,
    );
    await client.query(
      `INSERT INTO identities (id, appid, openid, user_id, unionid)
       SELECT ${uuid('7001')}, $3, ${openid}, ${uuid('7000')}, ${unionid}
       FROM generate_series($1::integer, $2) AS number`,
      [...range, app.appid],
    );
    await client.query(
      `INSERT INTO sessions (id, user_id, identity_id, client_id, session_epoch, refresh_hash, expires_at)
       SELECT ${uuid('7002')}, ${uuid('7000')}, ${uuid('7001')}, $3, 1, $4, now() + interval '30 days'
       FROM generate_series($1::integer, $2) AS number`,
      [...range, app.appid, hashSecret(refreshSecret)],
    );
  }
  await client.query(`RESET synchronous_commit`);
  await client.query(`VACUUM (ANALYZE)`);
  await client.query(`CHECKPOINT`);
}
