import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDirectory } from './build.js';

type Configuration = typeof import('../src/config/load-settings.js');
type Setup = typeof import('../src/app.setup.js');

/** The service as compiled: tsx would leave out the types that Nest reads from decorators. */
export async function importService(): Promise<
  Pick<Configuration, 'loadSettings' | 'settingNames'> & Pick<Setup, 'startService'>
> {
  const { loadSettings, settingNames }: Configuration = await importBuilt('config/load-settings.js');
  const { startService }: Setup = await importBuilt('app.setup.js');
  return { loadSettings, settingNames, startService };
}

function importBuilt(path: string) {
  return import(pathToFileURL(join(buildDirectory, path)).href);
}
