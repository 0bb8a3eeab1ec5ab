import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, encryptionKey, jwtAudience, jwtIssuer, webhookSecret } from '../world/deployment.js';
import { startWechatStandIn, type WechatStandIn } from '../world/wechat-stand-in.js';
import { World } from '../world/world.js';
import { bundleReference } from './bundle-reference.js';
import type { Contender } from './contender.js';
import type { Cores } from './cores.js';
import { Databases } from './databases.js';
import { chooseLoad, type Load } from './load.js';
import { Measurement, type Pace } from './measure.js';
import { ServerProcess } from './server-process.js';

/** What `npm run build` makes. */
export const serviceMain = join(import.meta.dirname, '../../dist/main.js');

/** What a benchmark has to work with. */
export interface Bench {
  databases: Databases;
  measurement: Measurement;
  cores: Cores;
  /** The load generator, and its name. */
  load: Load;
  loadName: string;
  /** In WeChat's place. */
  wechat: WechatStandIn;
  createWorld: (users: number) => Promise<World>;
  /** The built service, on a world, with settings of its own besides. */
  service: (name: string, world: World, changes?: Record<string, string>) => Contender;
  /** The service and its limit, each with so many users in a database of its own. */
  createPair: (users: number) => Promise<[service: Contender, limit: Contender]>;
}

/** Runs `work` with Postgres and a stand-in for WeChat, and leaves nothing behind. */
export async function useBench(
  { pace, cores }: { pace: Pace; cores: Cores },
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  if (!existsSync(serviceMain)) throw new Error('The service is not built: npm run build');
  const referenceMain = await bundleReference();
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-'));
  const wechat = await startWechatStandIn();
  const run = (name: string, world: World, main: string, environment: Record<string, string>): Contender => ({
    name,
    world,
    start: (hasWebhook = false) =>
      ServerProcess.start({
        main,
        core: cores.server,
        logFile: join(directory, `${name.replaceAll(/\W/g, '-')}.log`),
        environment: {
          DATABASE_URL: world.databaseUrl,
          WECHAT_BASE_URL: wechat.url,
          ...(hasWebhook && { WEBHOOKS: JSON.stringify([{ url: wechat.url, secret: webhookSecret }]) }),
          ...environment,
        },
      }),
  });
  const settings = {
    WECHAT_APPID: app.appid,
    WECHAT_SECRET: app.secret,
    AVATAR_STORAGE: `file:${directory}`,
    ENCRYPTION_KEYS: encryptionKey,
    JWT_ISSUER: jwtIssuer,
    JWT_AUDIENCE: jwtAudience,
  };
  const service = (name: string, world: World, changes: Record<string, string> = {}) =>
    run(name, world, serviceMain, { ...settings, ...changes });
  const limit = (world: World) =>
    run('limit', world, referenceMain, {
      SIGNING_KEY_ID: world.signingKey.kid,
      SIGNING_KEY: world.signingKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
  try {
    await Databases.use(async (databases) => {
      const { name: loadName, load } = chooseLoad();
      const createWorld = (users: number) =>
        World.create(databases, users, async (databaseUrl) => {
          const migrator = await ServerProcess.start({
            main: serviceMain,
            core: undefined,
            logFile: join(directory, 'migration.log'),
            environment: { DATABASE_URL: databaseUrl, WECHAT_BASE_URL: wechat.url, ...settings },
          });
          await migrator.stop();
        });
      await work({
        databases,
        measurement: new Measurement(databases, load, pace),
        cores,
        load,
        loadName,
        wechat,
        createWorld,
        service,
        createPair: async (users) => {
          const world = await createWorld(users);
          return [service('service', world), limit(await world.copy(databases))];
        },
      });
    });
  } finally {
    await wechat.close();
    rmSync(directory, { recursive: true });
  }
}
