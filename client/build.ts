import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import ts from 'typescript';

const here = import.meta.dirname;
const entry = join(here, 'src/index.ts');

/** Assigned by hand: esbuild's getters that imitate an ES module would be a twentieth of the file. */
const commonJs: BuildOptions = {
  stdin: {
    contents: `import { AuthError, createAuth } from './src/index.js'; module.exports = { AuthError, createAuth };`,
    resolveDir: here,
  },
  format: 'cjs',
  logOverride: { 'commonjs-variable-in-esm': 'silent' },
};

/**
 * Builds the package: one CommonJS file for WeChat's packer, which copies it as it is, and an ES module with types for
 * bundlers.
 *
 * @param directory where `dist` and `miniprogram_dist` are written
 */
export async function buildClient(directory: string = here): Promise<void> {
  await Promise.all([
    bundle(commonJs, join(directory, 'miniprogram_dist/index.js')),
    bundle({ entryPoints: [entry], format: 'esm' }, join(directory, 'dist/index.js')),
  ]);
  await mkdir(join(directory, 'dist/commonjs'), { recursive: true });
  // The package.json above says "type": "module". Without these, Node and TypeScript would take the files for ES modules.
  for (const folder of ['miniprogram_dist', 'dist/commonjs']) {
    await writeFile(join(directory, folder, 'package.json'), '{ "type": "commonjs" }\n');
  }
  declareTypes(join(directory, 'dist'));
}

/** Copies the package to where WeChat's developer tools put it (构建 npm), so that the demo opens in them unchanged. */
export async function copyIntoDemo(
  miniprogram: string = join(here, '../miniprogram'),
  directory: string = here,
): Promise<void> {
  const target = join(miniprogram, 'miniprogram_npm/weapp-auth-client');
  await mkdir(target, { recursive: true });
  await copyFile(join(directory, 'miniprogram_dist/index.js'), join(target, 'index.js'));
}

async function bundle(options: BuildOptions, outfile: string): Promise<void> {
  await build({
    ...options,
    outfile,
    bundle: true,
    platform: 'neutral',
    // Phones run this without WeChat's compiler: no `?.`, no `??`.
    target: 'es2017',
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
  });
}

function declareTypes(outDir: string): void {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2017,
    lib: ['lib.es2020.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    types: [],
    rootDir: join(here, 'src'),
    declaration: true,
    emitDeclarationOnly: true,
    outDir,
  });
  const { diagnostics } = program.emit(undefined, (file, text) => {
    // A second copy for CommonJS: the package.json beside it makes TypeScript read it as CommonJS.
    for (const directory of [outDir, join(outDir, 'commonjs')]) {
      ts.sys.writeFile(join(directory, basename(file)), text);
    }
  });
  if (diagnostics.length > 0) {
    throw new Error(
      ts.formatDiagnostics(diagnostics, {
        ...ts.sys,
        getNewLine: () => '\n',
        getCanonicalFileName: String,
        getCurrentDirectory: () => here,
      }),
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildClient();
  await copyIntoDemo();
}
