import { importService } from './built-service.js';
import { describeError } from './describe-error.js';
import { inheritedEnvironment } from './environment.js';
import { refuseForeignCallers } from './own-callers.js';

// The service of `npm run dev`, which restarts it with each build. It ends when the channel to its parent does.
let close = (): Promise<void> => Promise.resolve();
process.once('disconnect', () => void close().finally(() => process.exit()));
// A Ctrl-C reaches every process of the terminal: the parent stops us when our turn comes.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

try {
  const { loadSettings, startService } = await importService();
  const settings = loadSettings(inheritedEnvironment(), { allowEmulator: true });
  const service = await startService(settings, async (app) => refuseForeignCallers(app, settings));
  close = () => service.close();
  process.send?.('ready');
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}
