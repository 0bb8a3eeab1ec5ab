import { startService } from './app.setup.js';
import { processEnvironment } from './config/environment.js';
import { loadSettings } from './config/settings.js';
import { SettingsError } from './config/settings.error.js';
import { describeError } from './http/describe-error.js';

try {
  const app = await startService(loadSettings(processEnvironment()));
  // Without the option Nest would end the process by the signal, which reads as a failure.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
} catch (error) {
  process.stderr.write(
    error instanceof SettingsError ? `${error.message}\n` : `${JSON.stringify(describeError(error))}\n`,
  );
  process.exit(1);
}
