import { access, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { BuildError } from './build-error.js';

/** A page or a component. */
export interface Unit {
  /** Relative to the mini-program, without extension: `pages/home/home`. */
  path: string;
  isPage: boolean;
  /** Its JSON file. The components in it have absolute paths: `/components/notice/notice`. */
  config: UnitConfig;
  /** A prefix of its class names, so that the styles of other units do not apply. */
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
  /** A unit comes after the units that it uses. */
  units: Unit[];
}

/**
 * Finds the pages of `app.json`, and the components that they use.
 *
 * @throws {BuildError} if a file is missing or not JSON
 */
export async function readMiniProgram(directory: string): Promise<MiniProgram> {
  const app = await readJson(directory, 'app.json');
  const found = new Map<string, Unit>();

  const visit = async (path: string, isPage: boolean, namedBy: string): Promise<void> => {
    if (found.has(path)) return;
    // One after the other, so that the error always names the same missing file.
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

/** @throws {BuildError} if it is missing */
export async function readSource(directory: string, path: string, namedBy: string): Promise<string> {
  return readFile(join(directory, path), 'utf8').catch(() => missing(path, namedBy));
}

function missing(path: string, namedBy: string): never {
  throw new BuildError([`${path} is missing${namedBy && `: ${namedBy} names it`}`]);
}
