import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type BuildFailure, type BuildOptions, type Plugin } from 'esbuild';
import { BuildError } from './build-error.js';
import { readMiniProgram, type MiniProgram } from './mini-program.js';
import { compileStyles } from './wxss.js';
import { compileTemplates } from './wxml.js';

/** A file to serve. */
export interface BuiltFile {
  contentType: string;
  body: Uint8Array;
}

/** The directory of the phone's code. */
const phoneDirectory = join(import.meta.dirname, '../phone');

/**
 * Compiles a mini-program for the browser, together with the phone that runs it.
 *
 * @returns the files by name, such as `phone.html`, for one directory
 * @throws {BuildError} if the mini-program has an error
 */
export async function buildPhone({
  miniprogramDirectory,
}: {
  miniprogramDirectory: string;
}): Promise<Map<string, BuiltFile>> {
  const miniProgram = await readMiniProgram(resolve(miniprogramDirectory));
  const templates = await compileTemplates(miniProgram);
  const styles = await compileStyles(miniProgram);
  const [application, runtime, html, css] = await Promise.all([
    bundleApplication(miniProgram, templates),
    bundle({ entryPoints: [join(phoneDirectory, 'main.ts')], minify: true }, 'phone.js'),
    readFile(join(phoneDirectory, 'phone.html')),
    readFile(join(phoneDirectory, 'phone.css')),
  ]);
  return new Map([
    ['phone.html', { contentType: 'text/html; charset=utf-8', body: html }],
    ['phone.css', { contentType: 'text/css; charset=utf-8', body: css }],
    ['phone.js', { contentType: 'text/javascript; charset=utf-8', body: runtime }],
    ['app.css', { contentType: 'text/css; charset=utf-8', body: Buffer.from(styles) }],
    ['app.js', { contentType: 'text/javascript; charset=utf-8', body: application }],
  ]);
}

async function bundle(options: BuildOptions, name: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    bundle: true,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
    outfile: name,
    ...options,
  });
  return outputFiles![0]!.contents;
}

/** Globals that a mini-program does not have. Code that uses one must fail here, too. */
const hiddenGlobals = `
  window self document navigator location history parent top frames
  localStorage sessionStorage indexedDB caches alert confirm prompt postMessage
  fetch XMLHttpRequest WebSocket EventSource Headers Request Response FormData
  AbortController AbortSignal URL URLSearchParams Blob File FileReader Image
  TextEncoder TextDecoder crypto btoa atob structuredClone process Buffer`
  .trim()
  .split(/\s+/);

async function bundleApplication(miniProgram: MiniProgram, templates: string): Promise<Uint8Array> {
  const { directory, app, units } = miniProgram;
  const parts = units.map(
    ({ path, isPage, config, scope }) =>
      `{ path: ${JSON.stringify(path)}, isPage: ${isPage}, config: ${JSON.stringify(config)},` +
      ` scope: ${JSON.stringify(scope)}, run: () => require(${JSON.stringify(`./${path}.js`)}) }`,
  );
  const entry = `globalThis.runMiniProgram({
    config: ${JSON.stringify(app)},
    templates: ${templates},
    run: () => require('./app.js'),
    units: [${parts.join(', ')}],
  })`;
  try {
    return await bundle(
      {
        stdin: { contents: entry, resolveDir: directory, sourcefile: 'mini-program.js' },
        absWorkingDir: directory,
        plugins: [miniProgramPackages(directory)],
        define: Object.fromEntries(hiddenGlobals.map((name) => [name, 'undefined'])),
        sourcemap: 'inline',
      },
      'app.js',
    );
  } catch (error) {
    throw new BuildError(
      (error as BuildFailure).errors.map(
        ({ text, location }) => `${location ? `${location.file}:${location.line} ` : ''}${text}`,
      ),
    );
  }
}

/** Resolves `require('name')` in `miniprogram_npm/`, where WeChat's developer tools put packages. */
function miniProgramPackages(directory: string): Plugin {
  return {
    name: 'miniprogram-npm',
    setup(bundling) {
      bundling.onResolve({ filter: /^[^./]/, namespace: 'file' }, ({ path }) => ({
        path: join(directory, 'miniprogram_npm', path, 'index.js'),
      }));
    },
  };
}
