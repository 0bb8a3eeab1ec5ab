import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, removePostgres, startPostgres } from '../../dev/postgres.js';
import { cake, tea } from '../../test/harness/apps.js';
import { followingSettings, startStandby } from '../../test/harness/standby.js';
import { phoneAddress } from '../world/users.js';
import { runWithBooks, type Stage } from './run-with-books.js';

export interface TrialOptions {
  minutes: number;
  /** The port of `/metrics` of each node. */
  metricsPorts: number[];
  /** Called while the load goes on, for the last time. */
  atEnd: () => Promise<void>;
}

/** How WeChat answers logins in each part of the trial: well, slowly, well, not at all, well. */
const acts: { share: number; fault: { delayMs: number; httpStatus?: number } }[] = [
  { share: 0.3, fault: { delayMs: 60 } },
  { share: 0.12, fault: { delayMs: 1_500 } },
  { share: 0.18, fault: { delayMs: 50 } },
  { share: 0.12, fault: { delayMs: 20, httpStatus: 502 } },
  { share: 0.28, fault: { delayMs: 60 } },
];
const loginPath = '/sns/jscode2session';
const loginIntervalMs = 300;
const requestIntervalMs = 20;
/** Addresses that the phones of the load do not have. */
const firstVisitor = 1_000_000;

/** A deployment with a replica for `/admin`, under mixed load, whose WeChat is at times slow or away. Leaves nothing behind. */
export async function runTrial({ minutes, metricsPorts, atEnd }: TrialOptions): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-trial-'));
  let primary = await startPostgres({ dataDirectory });
  try {
    await createDatabase(primary, 'trial');
    await primary.stop();
    const standby = await startStandby(dataDirectory, followingSettings(primary));
    try {
      primary = await startPostgres({ dataDirectory, port: primary.port });
      await runWithBooks({
        databaseUrl: primary.url('trial'),
        load: { phones: 120, thinkMs: 1_200 },
        metricsPorts,
        settings: {
          DATABASE_REPLICA_URL: standby.url('trial'),
          // So few that a slow WeChat is felt.
          WECHAT_MAX_CONCURRENCY: '6',
        },
        play: async (stage) => {
          await play(stage, minutes);
          await atEnd();
        },
      });
    } finally {
      await standby.stop();
    }
  } finally {
    await primary.stop();
    removePostgres(dataDirectory);
  }
}

/** Lets WeChat answer as the acts say, and people come meanwhile. */
async function play({ books, emulator: { wechat, phone } }: Stage, minutes: number): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  const accessTokens: string[] = [];
  const chooseNode = () => books.nodes[randomInt(books.nodes.length)]!;

  /** People who log in once: with their phone number, in another mini-program, or with a code that is none. */
  const logIn = async () => {
    for (let visitor = firstVisitor; performance.now() < end; visitor += 1) {
      const { appid } = randomInt(3) === 0 ? cake : tea;
      const user = `visitor-${visitor}`;
      const code = randomInt(5) === 0 ? randomUUID() : phone.login(appid, user).code;
      const phoneCode = randomInt(2) === 0 ? phone.getPhoneNumber(appid, user).code : undefined;
      const headers = { 'x-forwarded-for': phoneAddress(visitor) };
      const body = { code, appid, phoneCode };
      const answer = await chooseNode().ask('POST', '/auth/login', { headers, body });
      if (answer.body.accessToken !== undefined) accessTokens.push(answer.body.accessToken);
      await sleep(loginIntervalMs);
    }
  };
  /** They stay signed in while WeChat is away. The phones of the load wait for their next login. */
  const readProfiles = async () => {
    while (performance.now() < end) {
      const accessToken = accessTokens[randomInt(Math.max(1, accessTokens.length))];
      if (accessToken !== undefined) await chooseNode().ask('GET', '/me', { accessToken });
      await sleep(requestIntervalMs);
    }
  };

  const visitors = [logIn(), readProfiles()];
  for (const { share, fault } of acts) {
    wechat.faults.clear();
    wechat.faults.add({ path: loginPath, ...fault });
    await sleep(share * minutes * 60_000);
  }
  await Promise.all(visitors);
}
