import type { TestDatabase } from './database.js';
import { alone, cake, tea } from './world.js';

/** The nickname of 20 users, whatever the number of users. */
export const rareNickname = '欧阳锋';
/** The nickname of 200 users, whatever the number of users. */
export const uncommonNickname = '慕容复';
/** What WeChat calls users who chose no nickname: that of a fifth of all. */
export const commonNickname = '微信用户';

/**
 * Fills a database with users made up in SQL, over three years, the same in every run:
 *
 * - 60 % came through one mini-program, 30 % through a second, 10 % through a third; every tenth through the
 *   second, too;
 * - 1 % are disabled, 0.1 % merged; 30 % have a phone; 15 % never logged in; 20 % have an external id;
 * - 20 % have no nickname, 20 % the common one, 35 % a Chinese and 25 % a Latin one.
 */
export async function fillUsers(database: TestDatabase, count: number): Promise<void> {
  await database.query(
    `
    INSERT INTO users
      (id, status, nickname, phone_sealed, phone_index, external_id, created_at, last_login_at)
    SELECT
      (
        lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0')
        || '7' || substr(noise, 1, 3) || '8' || substr(noise, 4, 15)
      )::uuid,
      CASE WHEN i % 100 = 3 THEN 'disabled' WHEN i % 1000 = 7 THEN 'merged' ELSE 'active' END,
      CASE
        WHEN i % ($1::integer / 20) = 1 THEN $2::text || (i / 7)
        WHEN i % ($1::integer / 200) = 2 THEN $3::text || (i / 7)
        WHEN die_1 < 20 THEN NULL
        WHEN die_1 < 40 THEN $4::text
        WHEN die_1 < 75 THEN
          substr('王王王王王李李李李张张张刘刘陈陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑', 1 + die_2 % 34, 1)
          || substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华', 1 + die_3 % 24, 1)
          || CASE WHEN i % 3 = 0 THEN '' ELSE substr('子文雨梓浩宇轩欣怡嘉思佳俊晨', 1 + die_2 % 14, 1) END
        ELSE
          (ARRAY['Anna', 'Bert', 'Carla', 'David', 'Emma', 'Felix', 'Greta', 'Henry'])[1 + die_2 % 8]
          || ' ' || substr(noise, 1, 5)
      END,
      CASE WHEN die_3 < 30 THEN repeat('s', 80) END,
      CASE WHEN die_3 < 30 THEN sha256(i::text::bytea) END,
      CASE WHEN i % 5 = 0 THEN 'crm-' || i END,
      created_at,
      CASE WHEN die_4 >= 15 THEN created_at + (now() - created_at) * (die_4 / 100.0) END
    FROM (
      SELECT
        i,
        md5(i::text) AS noise,
        (abs(hashint4extended(i, 1)) % 100)::integer AS die_1,
        (abs(hashint4extended(i, 2)) % 1000)::integer AS die_2,
        (abs(hashint4extended(i, 3)) % 100)::integer AS die_3,
        (abs(hashint4extended(i, 4)) % 100)::integer AS die_4,
        date_trunc('milliseconds', now() - interval '3 years' * (1 - i / $1::float)) AS created_at
      FROM generate_series(1, $1::integer) AS i
    ) AS made`,
    [count, rareNickname, uncommonNickname, commonNickname],
  );
  await database.query(
    `
    INSERT INTO identities (id, appid, openid, user_id, unionid, session_keys, linked_at)
    SELECT
      gen_random_uuid(), appid, 'o' || md5(appid || owner.id), owner.id, 'u' || md5(owner.id::text),
      jsonb_build_array(jsonb_build_object('sealed', repeat('k', 120), 'at', owner.created_at)), owner.created_at
    FROM (
      SELECT id, created_at, abs(hashtextextended(right(id::text, 12), 0)) % 100 AS die FROM users
    ) AS owner
    CROSS JOIN LATERAL (
      SELECT CASE WHEN die < 60 THEN $1::text WHEN die < 90 THEN $2::text ELSE $3::text END
      UNION SELECT $2::text WHERE die % 10 = 0
    ) AS apps (appid)`,
    [tea.appid, cake.appid, alone.appid],
  );
  await database.query(`INSERT INTO unionids SELECT DISTINCT unionid, user_id FROM identities`);
  await database.query(`VACUUM ANALYZE users, identities, unionids`);
}
