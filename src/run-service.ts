import { StartError, startService } from './app.setup.js';
import { processEnvironment } from './config/environment.js';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings.error.js';
import { describeError } from './errors/describe-error.js';

const signals = ['SIGTERM', 'SIGINT'];

// Until the service listens, there is nothing to finish: Postgres rolls back a migration that is under way.
for (const signal of signals) process.once(signal, endAtOnce);

try {
  const app = await startService(loadSettings(processEnvironment()));
  for (const signal of signals) process.off(signal, endAtOnce);
  // Without the option Nest would end the process by the signal, which reads as a failure.
  app.enableShutdownHooks(signals, { useProcessExit: true });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

function endAtOnce(): void {
  process.exit(0);
}

/** What whoever started this reads last. */
function explain(error: unknown): string {
  if (error instanceof SettingsError || error instanceof StartError) return error.message;
  return `The service did not start. ${JSON.stringify(describeError(error))}`;
}
