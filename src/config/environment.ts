import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingFault } from './settings.error.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The process's environment, completed by a `.env` file in the working directory. What is already set wins.
 */
export function processEnvironment(): Environment {
  const file = join(process.cwd(), '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return process.env;
}

/** `accessTokenTtl` → `ACCESS_TOKEN_TTL` */
export function variableName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Picks the named variables, each from `NAME` or from the file that `NAME_FILE` names (what Docker and
 * Kubernetes do with secrets). Line ends after a file's content do not count.
 */
export function readVariables(
  environment: Environment,
  names: readonly string[],
): { values: Record<string, string>; faults: SettingFault[] } {
  const values: Record<string, string> = {};
  const faults: SettingFault[] = [];
  for (const name of names) {
    const value = environment[name];
    const file = environment[`${name}_FILE`];
    if (value && file) faults.push({ name, fault: `and ${name}_FILE are both set: keep one` });
    if (value) values[name] = value;
    else if (file) {
      try {
        const content = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
        if (content) values[name] = content;
      } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
        faults.push({ name: `${name}_FILE`, fault: `names a file that cannot be read (${reason})` });
      }
    }
  }
  return { values, faults };
}
