import { NestFactory } from '@nestjs/core';
import { SigningKeysService } from '../auth/signing-keys.service.js';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { SettingsError } from '../config/settings.error.js';
import { DatabaseClock } from '../database/database-clock.js';
import { DatabaseReplica } from '../database/database-replica.js';
import { Database } from '../database/database.js';
import { WechatClient } from '../wechat/wechat.client.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { openApplication } from './command-application.js';
import { missingLauncherHint } from '../config/running-environment.js';
import { defineCommand, isWithoutDatabase, loadCommandSettings, reasonOf } from './command.js';
import {
  checkAppAndSecret,
  checkClockOfDatabase,
  checkEncryptionKeys,
  checkLogin,
  checkMigrations,
  checkOpenids,
  checkPostgres,
  checkReplica,
  judgeClock,
  reachWechat,
} from './doctor-checks.js';

let faults = 0;

/** Checks this deployment. Says what is wrong, and where to correct it. */
export const doctor = defineCommand({
  synopsis: '',
  explanations: {},
  example: '',
  options: {},
  async run() {
    const settings = examineSettings();
    if (settings !== undefined) {
      await examineDatabase(settings);
      await examineWechat(settings);
    }
    return faults === 0 ? 0 : 1;
  },
});

function examineSettings(): Settings | undefined {
  try {
    const settings = loadCommandSettings();
    const apps = settings.wechatApps.map(({ appid }) => appid).join(', ');
    const { host } = new URL(settings.httpsProxy ?? settings.wechatBaseUrl);
    const way =
      settings.httpsProxy === undefined ? '' : `, through the proxy ${host} unless NO_PROXY says otherwise`;
    tell('✓', 'settings', `complete, for ${apps}, with WeChat at ${settings.wechatBaseUrl}${way}`);
    return settings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const { name, fault, example } of error.faults) {
      tell('✗', 'settings', `${name} ${fault}${example === undefined ? '' : `, for example ${example}`}`);
    }
    const hint = isWithoutDatabase(error) ? ` ${missingLauncherHint()}` : '';
    tell('–', 'everything else', `not looked at without settings.${hint}`);
    return undefined;
  }
}

async function examineDatabase(settings: Settings): Promise<void> {
  const app = await examine(
    'database',
    () => openApplication(settings, [SigningKeysService]),
    () => 'reachable',
  );
  if (app === undefined) {
    tell('–', 'migrations, ENCRYPTION_KEYS, openids', 'not looked at without the database');
    return;
  }
  const database = app.get(Database);
  try {
    await examine('Postgres', () => checkPostgres(database, settings));
    const isMigrated = await examine('migrations', () => checkMigrations(database));
    if (isMigrated === undefined) {
      tell('–', 'ENCRYPTION_KEYS, openids', 'not looked at before the migrations have run');
    } else {
      await examine('ENCRYPTION_KEYS', () => checkEncryptionKeys(app.get(SigningKeysService)));
      await examine('openids', () => checkOpenids(database));
    }
    if (settings.databaseReplicaUrl !== undefined) {
      await examine('replica', () => checkReplica(app.get(DatabaseReplica)));
    }
    await examine('clock, beside the database', () => checkClockOfDatabase(app.get(DatabaseClock)));
  } finally {
    await app.close();
  }
}

async function examineWechat(settings: Settings): Promise<void> {
  const context = await NestFactory.createApplicationContext(
    { module: WechatModule, imports: [ConfigModule.register(settings)] },
    { logger: false },
  );
  try {
    const wechat = context.get(WechatClient);
    const clockDifference = await examine(
      'WeChat',
      () => reachWechat(wechat, settings),
      () => 'reachable',
    );
    if (clockDifference === undefined) {
      tell('–', 'mini-programs', 'not looked at without WeChat');
      return;
    }
    await examine('clock, beside WeChat', async () => judgeClock('WeChat', clockDifference));
    for (const app of settings.wechatApps) {
      const name = app.name === undefined ? app.appid : `${app.appid} (${app.name})`;
      await examine(`${name}, appid and secret`, () => checkAppAndSecret(wechat, app, settings));
      await examine(`${name}, login`, () => checkLogin(wechat, app, settings));
    }
  } finally {
    await context.close();
  }
}

/** Prints the result of a check; returns undefined if it has found a fault. */
async function examine<Result>(
  subject: string,
  check: () => Promise<Result>,
  describe: (result: Result) => string = String,
): Promise<Result | undefined> {
  try {
    const result = await check();
    tell('✓', subject, describe(result));
    return result;
  } catch (error) {
    tell('✗', subject, reasonOf(error));
    return undefined;
  }
}

function tell(mark: '✓' | '✗' | '–', subject: string, text: string): void {
  if (mark === '✗') faults += 1;
  process.stdout.write(`${mark} ${subject}: ${text}\n`);
}
