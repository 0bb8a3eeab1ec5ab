import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Compiles the hand-written server to one file, as `npm run build` does with the service.
 *
 * @returns the file
 */
export async function bundleReference(): Promise<string> {
  // Beside the sources, from where it finds what npm has installed.
  const outfile = join(import.meta.dirname, '../reference/dist/server.js');
  await build({
    entryPoints: [join(import.meta.dirname, '../reference/server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['pg-native'],
    logLevel: 'error',
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);`,
    },
  });
  return outfile;
}
