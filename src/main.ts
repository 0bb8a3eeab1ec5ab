import { startService } from './app.setup.js';
import { processEnvironment } from './config/environment.js';
import { loadSettings } from './config/load-settings.js';
import { explainConnectionFailure } from './database/explain-connection-failure.js';
import { ServiceError } from './errors/service.error.js';
import { describeError } from './errors/describe-error.js';
import { ListenError } from './http/listen.js';

try {
  const settings = loadSettings(processEnvironment());
  const app = await startService(settings).catch((error: unknown) => {
    throw new Error(`The service did not start. ${reasonOf(error, settings.databaseUrl)}`);
  });
  // Without the option Nest would end the process by the signal, which reads as a failure.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

/** What whoever started this reads last. */
function reasonOf(error: unknown, databaseUrl: string): string {
  if (error instanceof ServiceError || error instanceof ListenError) return error.message;
  return explainConnectionFailure(error, databaseUrl) ?? JSON.stringify(describeError(error));
}
