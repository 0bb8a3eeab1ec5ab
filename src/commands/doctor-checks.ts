import type { SigningKeysService } from '../auth/signing-keys.service.js';
import type { Settings, WechatApp } from '../config/settings.js';
import type { DatabaseClock } from '../database/database-clock.js';
import type { DatabaseReplica } from '../database/database-replica.js';
import type { Database } from '../database/database.js';
import { NamedStatementsLostError } from '../database/database.errors.js';
import type { WechatClient } from '../wechat/wechat.client.js';
import {
  CodeInvalidError,
  WechatMisconfiguredError,
  WechatUnavailableError,
} from '../wechat/wechat.errors.js';
import { CommandError } from './command.js';

// Each check returns a text if all is correct. Otherwise it throws a text that says what is wrong and where to correct it.

const oldestPostgres = 15;
const maxNamedUsers = 20;
/** Milliseconds. Codes and tokens expire after minutes, so a larger difference breaks logins. */
const largestClockDifference = 60_000;
/** Milliseconds that a replica has to catch up with the primary. */
const maxReplicaLagMs = 5_000;

export async function checkPostgres(
  database: Database,
  { databaseNamedStatements }: Settings,
): Promise<string> {
  const [row] = await database.run((manager) =>
    manager.query<{ version: string; number: number }[]>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number`,
    ),
  );
  const { version, number } = row!;
  if (number < oldestPostgres * 10_000) {
    throw new CommandError(`version ${version} is too old: ${oldestPostgres} or newer is needed`);
  }
  if (databaseNamedStatements && (await database.sharesConnections())) {
    throw new CommandError(new NamedStatementsLostError().message);
  }
  await database.assertUsable();
  return `version ${version}`;
}

export async function checkReplica(replica: DatabaseReplica): Promise<string> {
  try {
    const lag = await replica.measureLag(maxReplicaLagMs);
    return `a standby, which needed ${Math.ceil(lag)} ms to have what the primary has`;
  } catch (error) {
    throw new CommandError(replica.explain(error));
  }
}

export async function checkMigrations(database: Database): Promise<string> {
  const missing = await database.missingMigrations();
  if (missing.length > 0) {
    throw new CommandError(
      `${missing.join(', ')} has not run. Start the service of this version or run weapp-auth migrate: either migrates`,
    );
  }
  return 'all have run';
}

export async function checkEncryptionKeys(keys: SigningKeysService): Promise<string> {
  const count = await keys.load();
  return count === 0 ? 'nothing is sealed yet, the first start makes a signing key' : 'open the signing key';
}

/** A WeChat user has one openid per mini-program: a user with two openids is two WeChat users. */
export async function checkOpenids(database: Database): Promise<string> {
  const doubles = await database.run((manager) =>
    manager.query<{ id: string }[]>(
      `SELECT user_id AS id FROM identities GROUP BY user_id, appid HAVING count(*) > 1 ORDER BY user_id`,
    ),
  );
  const ids = [...new Set(doubles.map(({ id }) => id))];
  if (ids.length === 0) return 'nobody has two in one mini-program';
  const named = ids.slice(0, maxNamedUsers).join(', ');
  const more = ids.length > maxNamedUsers ? ` and ${ids.length - maxNamedUsers} more` : '';
  throw new CommandError(
    `${ids.length} ${ids.length === 1 ? 'user has' : 'users have'} two in one mini-program, where one person has one: a wrong unionid, an import or a link has put two people into one user. Part them as docs/guides/several-apps.md says under "Two openids in one mini-program". User ids: ${named}${more}`,
  );
}

export async function checkClockOfDatabase(clock: DatabaseClock): Promise<string> {
  return judgeClock('the database', await measureClock(() => clock.read()));
}

/** Whether WeChat answers. Returns the milliseconds by which this machine's clock is ahead of WeChat's. */
export async function reachWechat(wechat: WechatClient, settings: Settings): Promise<number> {
  const [app] = settings.wechatApps;
  return withWords(settings, () => measureClock(() => wechat.time(app!)));
}

/** @param difference milliseconds by which this machine's clock is ahead */
export function judgeClock(whose: string, difference: number): string {
  const words = `${describeSeconds(Math.abs(difference))} ${difference > 0 ? 'ahead of' : 'behind'} ${whose}`;
  if (Math.abs(difference) <= largestClockDifference) return words;
  throw new CommandError(
    `this machine's clock is ${words}, so that codes and tokens end at the wrong time. Set the clock, and keep it right by NTP (timedatectl set-ntp true)`,
  );
}

/** WeChat gives an access token for appid and secret, to an address on the white list. */
export async function checkAppAndSecret(
  wechat: WechatClient,
  app: WechatApp,
  settings: Settings,
): Promise<string> {
  return withWords(settings, async () => {
    await wechat.getStableAccessToken(app);
    return 'WeChat gives an access token for them';
  });
}

/** A code that WeChat did not create: only the code may be refused. */
export async function checkLogin(wechat: WechatClient, app: WechatApp, settings: Settings): Promise<string> {
  return withWords(settings, async () => {
    try {
      await wechat.code2Session(app, 'deliberately-bad-code-of-doctor-');
    } catch (error) {
      if (error instanceof CodeInvalidError) return 'WeChat judges a login code, and refuses a bad one';
      throw error;
    }
    throw new CommandError('a made-up login code was accepted: WECHAT_BASE_URL is not WeChat');
  });
}

/** Milliseconds by which this machine's clock is ahead of another clock. */
async function measureClock(ask: () => Promise<Date>): Promise<number> {
  const before = Date.now();
  const theirs = await ask();
  return (before + Date.now()) / 2 - theirs.getTime();
}

function describeSeconds(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Explains an error of `wechat/` to the admin of this deployment. Callers of the service are told less. */
async function withWords<Result>(settings: Settings, check: () => Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof WechatMisconfiguredError) throw new CommandError((error.cause as Error).message);
    if (error instanceof WechatUnavailableError) {
      const detail = error.cause instanceof Error ? ` (${error.cause.message})` : '';
      throw new CommandError(`${wordsFor(error, settings)}${detail}`);
    }
    throw error;
  }
}

function wordsFor({ failure }: WechatUnavailableError, { wechatBaseUrl, httpsProxy }: Settings): string {
  const way =
    httpsProxy === undefined
      ? 'WeChat is called directly: if this network needs a proxy, set HTTPS_PROXY'
      : `WeChat is called through the proxy of HTTPS_PROXY, ${new URL(httpsProxy).host}: does it let this machine through`;

  switch (failure) {
    case 'busy':
      return 'WeChat answers that it is busy (-1). Try again in a minute';
    case 'disconnected':
    case 'unreachable':
      return `there is no connection to ${wechatBaseUrl}. Is there a network, does its name resolve, does a firewall let this machine out? ${way}`;
    case 'timed_out':
      return `${wechatBaseUrl} does not answer in time. Is there a network, does a firewall let this machine out? ${way}`;
    case 'malformed':
    case 'refused':
      return `what answers at ${wechatBaseUrl} is not WeChat: a proxy or a portal in between sends a page of its own. Let this machine through to WeChat, or correct WECHAT_BASE_URL`;
    case 'quota':
      return 'the mini-program has used up what WeChat allows: see 开发管理 → 接口设置, and try again later';
    default:
      return 'WeChat gave no usable answer';
  }
}
