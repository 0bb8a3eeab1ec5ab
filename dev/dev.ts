import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { importService } from './built-service.js';
import { publishEnvironment } from './environment-file.js';
import { readEnvironment } from './environment.js';
import { greeting } from './greeting.js';
import { Launch } from './launch.js';
import { openDatabase } from './local-database.js';
import { openEmulator } from './local-emulator.js';
import { readLocalSettings, withoutFile } from './local-settings.js';
import { requirePort } from './ports.js';
import { ServiceProcess } from './service-process.js';

// `npm run dev`: as `npm start`, and the service starts anew with every build that succeeds.
await Launch.run(async (launch) => {
  const local = await readLocalSettings(readEnvironment());
  await requirePort('PORT', local.port, local.host);
  await requirePort('EMULATOR_PORT', local.emulatorPort, '127.0.0.1');
  const database = await openDatabase(launch, local);
  const environment = { ...local.environment, ...withoutFile('DATABASE_URL', database.url) };

  const builds = watchBuilds(launch);
  await builds.next();
  const { loadSettings, settingNames } = await importService();
  const settings = loadSettings(environment, { allowEmulator: true });
  await openEmulator(launch, local, settings);
  const service = new ServiceProcess(environment);
  launch.add(service);
  publishEnvironment(launch, local.dataDirectory, environment, settingNames);
  if (await service.restart()) {
    process.stdout.write(greeting(local, settings, database, { hasPlayground: false }));
  }
  for (;;) {
    await builds.next();
    await service.restart();
  }
});

/** Compiles on every change. Gives one item for each build without errors. */
function watchBuilds(launch: Launch): AsyncIterableIterator<unknown> {
  const compiler = fork(join(import.meta.dirname, 'compiler.ts'), {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  compiler.once('exit', () => launch.fail(new Error('The compiler has ended by itself.')));
  launch.add({
    stop: async () => {
      if (compiler.exitCode !== null || compiler.signalCode !== null) return;
      compiler.kill('SIGKILL');
      await once(compiler, 'exit');
    },
  });
  return on(compiler, 'message', { signal: launch.signal });
}
