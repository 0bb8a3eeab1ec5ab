import { access, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { BuildError } from './build-error.js';

/** A page or a component. */
export interface Unit {
  /** Below the mini-program's directory, without ending: `pages/home/home`. */
  path: string;
  isPage: boolean;
  /** Its JSON file; what it uses is named from the root: `/components/notice/notice`. */
  config: UnitConfig;
  /** What its class names begin with in the browser, where others' styles must not reach it. */
  scope: string | null;
  template: string;
}

export interface UnitConfig {
  usingComponents: Record<string, string>;
  [option: string]: unknown;
}

export interface MiniProgram {
  directory: string;
  /** `app.json` */
  app: Record<string, unknown>;
  /** Whatever a unit uses stands before it. */
  units: Unit[];
}

/**
 * Finds the pages that `app.json` names, and the components that they use.
 *
 * @throws {BuildError} where a file is missing, or is no JSON
 */
export async function readMiniProgram(directory: string): Promise<MiniProgram> {
  const app = await readJson(directory, 'app.json');
  const found = new Map<string, Unit>();

  const visit = async (path: string, isPage: boolean, namedBy: string): Promise<void> => {
    if (found.has(path)) return;
    // One after the other: of several that are missing, the same one is named each time.
    const config = await readJson(directory, `${path}.json`, namedBy);
    const template = await readSource(directory, `${path}.wxml`, namedBy);
    await access(join(directory, `${path}.js`)).catch(() => missing(`${path}.js`, namedBy));
    const usingComponents = Object.fromEntries(
      Object.entries({ ...objectOf(app.usingComponents), ...objectOf(config.usingComponents) }).map(
        ([tag, place]) => [tag, posix.resolve('/', posix.dirname(path), place)],
      ),
    );
    for (const place of Object.values(usingComponents)) await visit(place.slice(1), false, `${path}.json`);
    found.set(path, {
      path,
      isPage,
      config: { ...config, usingComponents },
      scope: isPage ? null : `component-${found.size}`,
      template,
    });
  };

  for (const page of app.pages as string[]) await visit(page, true, 'app.json');
  return { directory, app, units: [...found.values()] };
}

function objectOf(value: unknown): Record<string, string> {
  return (value ?? {}) as Record<string, string>;
}

async function readJson(directory: string, path: string, namedBy = ''): Promise<Record<string, unknown>> {
  const text = await readSource(directory, path, namedBy);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new BuildError([`${path}: ${(error as Error).message}`]);
  }
}

/** @throws {BuildError} where it is missing */
export async function readSource(directory: string, path: string, namedBy: string): Promise<string> {
  return readFile(join(directory, path), 'utf8').catch(() => missing(path, namedBy));
}

function missing(path: string, namedBy: string): never {
  throw new BuildError([`${path} is missing${namedBy && `: ${namedBy} names it`}`]);
}
