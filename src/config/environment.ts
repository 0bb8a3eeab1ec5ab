import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type SettingFault, SettingsError } from './settings.error.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The process's environment, completed by a `.env` file in the working directory. What is already set wins.
 *
 * @throws {SettingsError} if there is such a file, and it cannot be read
 */
export function processEnvironment(): Environment {
  const file = join(process.cwd(), '.env');
  if (!existsSync(file)) return process.env;
  const { text, fault } = readText(file);
  if (fault !== undefined) throw new SettingsError([{ name: '.env', fault: `is a file that ${fault}` }]);
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
  return process.env;
}

/** Sets variables of this process, for a library that reads them by itself. */
export function setVariables(variables: Environment): void {
  Object.assign(process.env, variables);
}

/**
 * Reads a text file as users's editors write it, with a byte order mark or without one.
 *
 * @returns the text, or what is wrong with the file, as the end of a sentence
 */
function readText(file: string): { text: string; fault?: undefined } | { text?: undefined; fault: string } {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` };
  }
  // UTF-16 is what PowerShell's `>` writes, and "Unicode" in Windows's editor.
  if (content.includes(0)) return { fault: 'is not in UTF-8, but in UTF-16 or binary: save it as UTF-8' };
  try {
    // Leaves a byte order mark out.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch {
    return { fault: 'is not in UTF-8, but in GBK or another encoding: save it as UTF-8' };
  }
}

/** `accessTokenTtl` → `ACCESS_TOKEN_TTL` */
export function variableName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Picks the named variables, each from `NAME` or from the file that `NAME_FILE` names (what Docker and
 * Kubernetes do with secrets). White space around a file's content does not count.
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
      const { text, fault: unreadable } = readText(file);
      if (unreadable !== undefined) {
        faults.push({ name: `${name}_FILE`, fault: `names a file that ${unreadable}` });
      } else if (text.trim()) values[name] = text.trim();
    }
  }
  return { values, faults };
}
