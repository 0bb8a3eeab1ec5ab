import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Emulator } from '../emulator/src/index.js';
import { type BuiltPlayground, withoutPhone } from '../playground/server/build.js';
import { addPageAlone, Playground } from '../playground/server/playground.js';
import type { Settings } from '../src/config/settings.js';
import { grantAdmin } from './built-service.js';
import { keptSecret } from './kept-secret.js';
import type { Part } from './launch.js';
import type { LocalSettings } from './local-settings.js';

/**
 * Adds the playground to a service that does not listen yet. Where the service asks another WeChat than the emulator
 * there is no phone that could log in, and the page says so.
 *
 * @returns what is to be stopped before the service
 */
export async function addPlayground(
  service: NestFastifyApplication,
  {
    local,
    settings,
    emulator,
    built,
  }: { local: LocalSettings; settings: Settings; emulator: Emulator; built: BuiltPlayground },
): Promise<Part> {
  const fastify = service.getHttpAdapter().getInstance();
  if (!local.isWechatEmulated) {
    const { page } = withoutPhone('WECHAT_BASE_URL names another WeChat than the emulator of npm start.');
    addPageAlone(fastify, page, local.port);
    return { stop: async () => {} };
  }
  const playground = new Playground({
    built,
    emulator,
    serviceUrl: local.serviceUrl,
    port: local.port,
    databaseUrl: settings.databaseUrl,
    apps: settings.wechatApps,
    adminName: `operator ${keptSecret(join(local.dataDirectory, 'playground-operator'))}`,
    grantAdmin: (userId) => grantAdmin(service, userId),
  });
  await playground.addTo(fastify);
  return playground;
}
