import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const project = join(import.meta.dirname, '../..');

/**
 * A code block of a guide, word for word: what is documented is what the tests run.
 *
 * @param guide its file, below `docs/guides/`
 * @param containing tells it from others in its language
 * @param changes what has to be another address, port or name in a test; all of it must occur
 */
export function guideBlock(
  guide: string,
  language: string,
  containing: string,
  changes: Record<string, string> = {},
): string {
  const text = readFileSync(join(project, 'docs/guides', guide), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, of, code]) => of === language && code!.includes(containing))
    .map(([, , code]) => code!);
  if (blocks.length !== 1) throw new Error(`${guide} has ${blocks.length} blocks with ${containing}.`);
  return Object.entries(changes).reduce((code, [from, to]) => {
    if (!code.includes(from)) throw new Error(`${guide} does not say ${from} any more.`);
    return code.replaceAll(from, to);
  }, blocks[0]!);
}

/** Loads a JavaScript module that finds the project's packages. */
export async function loadModule(code: string): Promise<any> {
  const directory = mkdtempSync(join(project, 'node_modules/.guide-'));
  try {
    const file = join(directory, 'block.mjs');
    writeFileSync(file, code);
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
