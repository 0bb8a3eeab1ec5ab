import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import { buildDirectory } from './build.js';

type Configuration = typeof import('../src/config/load-settings.js');
type Setup = typeof import('../src/app.setup.js');
type UserStatus = typeof import('../src/users/status/user-status.service.js');
type AuditLog = typeof import('../src/audit/audit-log.service.js');

/** The service as compiled: tsx would leave out the types that Nest reads from decorators. */
export async function importService(): Promise<
  Pick<Configuration, 'loadSettings' | 'settingNames'> & Pick<Setup, 'startService'>
> {
  const { loadSettings, settingNames }: Configuration = await importBuilt('config/load-settings.js');
  const { startService }: Setup = await importBuilt('app.setup.js');
  return { loadSettings, settingNames, startService };
}

/** What `npm run admin:grant` does, in the service's own process. */
export async function grantAdmin(service: INestApplicationContext, userId: string): Promise<void> {
  const { UserStatusService }: UserStatus = await importBuilt('users/status/user-status.service.js');
  const { commandActor }: AuditLog = await importBuilt('audit/audit-log.service.js');
  await service.get(UserStatusService, { strict: false }).grant({ id: userId }, 'admin', commandActor);
}

function importBuilt(path: string) {
  return import(pathToFileURL(join(buildDirectory, path)).href);
}
