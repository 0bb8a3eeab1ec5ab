import { buildPlayground } from '../playground/server/build.js';
import { importService } from './built-service.js';
import { ensureBuilt, ensureDemoBuilt } from './build.js';
import { publishEnvironment } from './environment-file.js';
import { readEnvironment } from './environment.js';
import { greeting } from './greeting.js';
import { Launch, type Part } from './launch.js';
import { openDatabase } from './local-database.js';
import { openEmulator } from './local-emulator.js';
import { addPlayground, playgroundWebhook } from './local-playground.js';
import { readLocalSettings, withoutFile } from './local-settings.js';
import { refuseForeignCallers } from './own-callers.js';
import { requirePort } from './ports.js';

// `npm start`: everything on one machine. The service runs in this very process, so that nothing but Postgres can
// be left behind when it is killed; the next start finds that one.
await Launch.run(async (launch) => {
  const local = await readLocalSettings(readEnvironment());
  await requirePort('PORT', local.port, local.host);
  await requirePort('EMULATOR_PORT', local.emulatorPort, '127.0.0.1');

  const opening = openDatabase(launch, local);
  // All of them to the end: a database that is just coming up must be known before everything is stopped.
  const building = ensureDemoBuilt().then(buildPlayground);
  await Promise.allSettled([opening, ensureBuilt(launch.signal), building]).then(rethrow);
  const database = await opening;

  const { loadSettings, settingNames, startService } = await importService();
  const environment = {
    ...local.environment,
    ...playgroundWebhook(local),
    ...withoutFile('DATABASE_URL', database.url),
  };
  const settings = loadSettings(environment, { allowEmulator: true });
  const emulator = await openEmulator(launch, local, settings);
  const built = await building;
  let playground: Part | undefined;
  const service = await startService(settings, async (app) => {
    refuseForeignCallers(app, settings);
    playground = await addPlayground(app, { local, settings, emulator, built });
  });
  launch.add({ stop: () => service.close() });
  if (playground) launch.add(playground);
  publishEnvironment(launch, local.dataDirectory, environment, settingNames);
  process.stdout.write(greeting(local, settings, database, { hasPlayground: true }));
});

function rethrow(results: PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
