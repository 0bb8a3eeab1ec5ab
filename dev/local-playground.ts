import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Emulator } from '../emulator/src/index.js';
import { type BuiltPlayground, withoutPhone } from '../playground/server/build.js';
import { ownHostnames } from '../playground/server/local-visitors.js';
import { addPageAlone, Playground, webhookPath } from '../playground/server/playground.js';
import type { Environment } from '../src/config/environment.js';
import type { Settings } from '../src/config/settings.js';
import { grantAdmin } from './built-service.js';
import { keptSecret } from './kept-secret.js';
import type { Part } from './launch.js';
import { type LocalSettings, withoutFile } from './local-settings.js';

/**
 * Returns `WEBHOOKS` with a webhook to the playground, which draws the messages. Nothing if the developer has set webhooks, or
 * if the service does not reach the playground.
 */
export function playgroundWebhook(local: LocalSettings): Environment {
  const { environment, isWechatEmulated, serviceUrl } = local;
  if (environment['WEBHOOKS'] || environment['WEBHOOKS_FILE']) return {};
  if (!isWechatEmulated || !ownHostnames.includes(new URL(serviceUrl).hostname)) return {};
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return withoutFile('WEBHOOKS', JSON.stringify([{ url: webhookUrl(local), secret }]));
}

function webhookUrl({ serviceUrl }: LocalSettings): string {
  return `${serviceUrl}${webhookPath}`;
}

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
    hasConsole: settings.console,
    adminName: `operator ${keptSecret(join(local.dataDirectory, 'playground-operator'))}`,
    grantAdmin: (userId) => grantAdmin(service, userId),
    webhookSecret: settings.webhooks.find(({ url }) => url === webhookUrl(local))?.secret[0],
  });
  await playground.addTo(fastify);
  return playground;
}
