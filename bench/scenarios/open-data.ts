import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { SessionKeyCipher } from '../../src/users/identities/session-key-cipher.js';
import { app } from '../world/deployment.js';
import { nicknameOf, openidOf, pickUser } from '../world/users.js';
import type { World } from '../world/world.js';
import { bearer, post, type Scenario, series } from './scenario.js';

/** A user may open 30 a minute. */
const maxUsers = 10_000;

export const openDataScenario: Scenario = {
  name: 'open-data',
  title: 'open data',
  prepare: saveSessionKeys,
  makeRequests: (world) =>
    series(0, Math.min(maxUsers, world.users), (serial) => {
      const user = pickUser(serial, world.users);
      return post('/me/open-data', encryptProfile(user), bearer(world.accessToken(user)));
    }),
};

/** Gives the users a session_key that is known here. */
async function saveSessionKeys(world: World): Promise<void> {
  const { ring, users } = world;
  const cipher = new SessionKeyCipher(ring);
  const changes = series(0, Math.min(maxUsers, users), (serial) => pickUser(serial, users)).map((user) => {
    const openid = openidOf(user);
    const encrypted = cipher.encrypt({ appid: app.appid, openid }, sessionKeyOf(user).toString('base64'));
    return { openid, entry: { ...encrypted, at: new Date().toISOString() } };
  });
  await world.query(
    `UPDATE identities SET session_keys = jsonb_build_array(changes.entry)
     FROM unnest($2::text[], $3::jsonb[]) AS changes (openid, entry)
     WHERE appid = $1 AND identities.openid = changes.openid`,
    [app.appid, changes.map(({ openid }) => openid), changes.map(({ entry }) => JSON.stringify(entry))],
  );
}

function sessionKeyOf(user: number): Buffer {
  return createHash('md5').update(`session_key of ${user}`).digest();
}

/** What wx.getUserInfo gives. */
function encryptProfile(user: number): { encryptedData: string; iv: string } {
  const profile = {
    openId: openidOf(user),
    nickName: nicknameOf(user),
    gender: 0,
    language: 'zh_CN',
    city: '',
    province: '',
    country: '',
    avatarUrl:
      'https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132',
    watermark: { timestamp: Math.floor(Date.now() / 1_000), appid: app.appid },
  };
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', sessionKeyOf(user), iv);
  const encryptedData = Buffer.concat([cipher.update(JSON.stringify(profile)), cipher.final()]);
  return { encryptedData: encryptedData.toString('base64'), iv: iv.toString('base64') };
}
