import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stop } from 'esbuild';
import { buildPage, pageWithoutPhone } from './build-page.js';
import { type BuiltFile, buildPhone } from './build-phone.js';

/** The files that the playground serves: its page, and files by name below `/playground/`. */
export interface BuiltPlayground {
  page: BuiltFile;
  files: Map<string, BuiltFile>;
  /** The service's address in the mini-program's `config.js`. */
  baseUrl: string;
}

const miniprogramDirectory = join(import.meta.dirname, '../../miniprogram');

/**
 * Builds the page and the mini-program in memory. If the mini-program cannot be built, the service starts all the
 * same, and the page shows the errors.
 */
export async function buildPlayground(): Promise<BuiltPlayground> {
  try {
    const [files, phoneFiles] = await Promise.all([buildPage(), buildPhone({ miniprogramDirectory })]);
    const page = files.get('page.html')!;
    files.delete('page.html');
    return { page, files: new Map([...files, ...phoneFiles]), baseUrl: readBaseUrl() };
  } catch (error) {
    return withoutPhone(
      `The demo mini-program cannot be built (npm ci makes what is in its miniprogram_npm/):\n\n${(error as Error).message}`,
    );
  } finally {
    // esbuild runs as a separate process.
    await stop();
  }
}

/** The page without a phone. */
export function withoutPhone(reason: string): BuiltPlayground {
  return { page: pageWithoutPhone(reason), files: new Map(), baseUrl: '' };
}

function readBaseUrl(): string {
  const { baseUrl } = createRequire(import.meta.url)(join(miniprogramDirectory, 'config.js')) as {
    baseUrl: string;
  };
  return baseUrl;
}
