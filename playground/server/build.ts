import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stop } from 'esbuild';
import { buildPage, pageWithoutPhone } from './build-page.js';
import { type BuiltFile, buildPhone } from './build-phone.js';

/** What the playground serves: its page, and files by name below `/playground/`. */
export interface BuiltPlayground {
  page: BuiltFile;
  files: Map<string, BuiltFile>;
  /** Where the mini-program believes the service to be, as its `config.js` has it. */
  baseUrl: string;
}

const miniprogramDirectory = join(import.meta.dirname, '../../miniprogram');

/**
 * Builds the page and the mini-program in memory. A mini-program that cannot be built is no reason not to start the
 * service: the page then says what is wrong with it.
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
    // Its compiler is a process of its own.
    await stop();
  }
}

/** Where there is nothing to watch. */
export function withoutPhone(reason: string): BuiltPlayground {
  return { page: pageWithoutPhone(reason), files: new Map(), baseUrl: '' };
}

function readBaseUrl(): string {
  const { baseUrl } = createRequire(import.meta.url)(join(miniprogramDirectory, 'config.js')) as {
    baseUrl: string;
  };
  return baseUrl;
}
