import { readFileSync } from 'node:fs';
import { parseApp, type AppInput } from './state/apps.js';
import { isJsonObject, parseJson } from './json.js';

/** Reads the apps of a configuration file: a JSON array of what POST /__emulator__/apps takes. */
export function readAppsFile(file: string): AppInput[] {
  const entries = parseJson(readText(file));
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new Error(`${file} must hold a JSON array of apps: [{"appid": "wx…", "secret": "…"}]`);
  }
  const apps = entries.map((entry: unknown, index) => readApp(entry, `${file}, app ${index + 1}`));
  const appids = apps.flatMap(({ appid }) => appid ?? []);
  const repeated = appids.find((appid, index) => appids.indexOf(appid) !== index);
  if (repeated !== undefined) throw new Error(`${file} has the app ${repeated} twice`);
  return apps;
}

function readText(file: string): string {
  try {
    // Skips a byte order mark, which editors on Windows write.
    return new TextDecoder().decode(readFileSync(file));
  } catch (error) {
    throw new Error(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function readApp(entry: unknown, where: string): AppInput {
  if (!isJsonObject(entry)) {
    throw new Error(`${where}: must be an object, as in {"appid": "wx…", "secret": "…"}`);
  }
  try {
    return parseApp(entry);
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
