import { startService } from './app.setup.js';
import { processEnvironment } from './config/environment.js';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings.error.js';
import { explainConnectionFailure } from './database/database.errors.js';
import { ServiceError } from './errors/service.error.js';
import { describeError } from './http/describe-error.js';

try {
  const app = await startService(loadSettings(processEnvironment()));
  // Without the option Nest would end the process by the signal, which reads as a failure.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(1);
}

/** What whoever started this reads last. */
function reasonOf(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof ServiceError) return `The service did not start. ${error.message}`;
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return 'The service did not start. EADDRINUSE: its port is taken, choose another with PORT.';
  }
  const connection = explainConnectionFailure(error);
  if (connection !== undefined) return `The service did not start. ${connection}`;
  return `The service did not start. ${JSON.stringify(describeError(error))}`;
}
