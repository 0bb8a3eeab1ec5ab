import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BuiltFile } from './build-phone.js';

const pageDirectory = join(import.meta.dirname, '../page');

/** Builds the page around the phones: its files by name. */
export async function buildPage(): Promise<Map<string, BuiltFile>> {
  const [{ outputFiles }, html, css] = await Promise.all([
    build({
      entryPoints: [join(pageDirectory, 'main.ts')],
      outfile: 'page.js',
      bundle: true,
      format: 'esm',
      target: 'es2022',
      charset: 'utf8',
      write: false,
    }),
    readFile(join(pageDirectory, 'page.html')),
    readFile(join(pageDirectory, 'page.css')),
  ]);
  return new Map([
    ['page.html', { contentType: 'text/html; charset=utf-8', body: html }],
    ['page.js', { contentType: 'text/javascript; charset=utf-8', body: outputFiles[0]!.contents }],
    ['page.css', { contentType: 'text/css; charset=utf-8', body: css }],
  ]);
}

/** The page that is shown if the mini-program cannot be built. */
export function pageWithoutPhone(reason: string): BuiltFile {
  const text = reason.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return {
    contentType: 'text/html; charset=utf-8',
    body: Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>weapp-auth</title>
<h1>weapp-auth</h1>
<p>The service runs, but there is no phone to watch here.</p>
<pre>${text}</pre>
</html>
`),
  };
}
