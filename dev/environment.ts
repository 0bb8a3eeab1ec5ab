import { type Environment, processEnvironment } from '../src/config/environment.js';

/** The settings: the process's environment and a `.env` file in the working directory. */
export function readEnvironment(): Environment {
  return { ...processEnvironment() };
}

/** The settings as a parent has put them together. */
export function inheritedEnvironment(): Environment {
  return { ...process.env };
}

/** What a program needs of the system itself: no secret, no setting of ours or of Postgres, messages in English. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, TZ, SystemRoot, TEMP, TMP } = process.env;
  return { PATH, TZ, SystemRoot, TEMP, TMP, LC_ALL: 'C' };
}

/** Whether npm runs us: it then stands between us and whoever sends a signal. */
export function isRunByNpm(): boolean {
  return process.env['npm_lifecycle_event'] !== undefined;
}
