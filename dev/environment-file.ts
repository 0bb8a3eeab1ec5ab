import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Environment, readVariables } from '../src/config/environment.js';
import { runningEnvironmentFile } from '../src/config/running-environment.js';
import type { Launch } from './launch.js';

/** Tells the commands of the operator, while everything runs, the settings that the service runs with. */
export function publishEnvironment(
  launch: Launch,
  dataDirectory: string,
  environment: Environment,
  settingNames: readonly string[],
): void {
  const file = runningEnvironmentFile(dataDirectory);
  const { values } = readVariables(environment, settingNames);
  const content = Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join('');
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, file);
  launch.add({
    stop: async () => {
      // Another launcher may have put its own there, with a database of its own.
      if (existsSync(file) && readFileSync(file, 'utf8') === content) rmSync(file);
    },
  });
}

/**
 * As a dotenv file has it, where nothing escapes a quote. Of all settings only JSON holds both kinds, and JSON can
 * spell one of them otherwise.
 */
function quote(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('`')) return `\`${value}\``;
  return `'${value.replaceAll("'", String.raw`\u0027`)}'`;
}
