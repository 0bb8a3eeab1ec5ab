import { stop } from 'esbuild';
import { type BuiltFile, buildPage, pageWithoutPhone } from './build-page.js';

export type { BuiltFile };

/** What the playground serves: its page, and files by name below `/playground/`. */
export interface BuiltPlayground {
  page: BuiltFile;
  files: Map<string, BuiltFile>;
}

/**
 * Builds the page and the mini-program in memory. A mini-program that cannot be built is no reason not to start the
 * service: the page then says what is wrong with it.
 */
export async function buildPlayground(): Promise<BuiltPlayground> {
  try {
    const files = await buildPage();
    const page = files.get('page.html')!;
    files.delete('page.html');
    return { page, files };
  } catch (error) {
    return withoutPhone((error as Error).message);
  } finally {
    // Its compiler is a process of its own.
    await stop();
  }
}

/** Where there is nothing to watch. */
export function withoutPhone(reason: string): BuiltPlayground {
  return { page: pageWithoutPhone(reason), files: new Map() };
}
