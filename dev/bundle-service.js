import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

// Replaces the programs of dist/ by bundles of all that they import: Node starts them in half the time. What several of
// them import is in dist/chunks/. The rest of dist/ stays as compiled, for applications that import the modules. Plain
// JavaScript, since the Dockerfile runs it without tsx.
const dist = join(import.meta.dirname, '../dist');
const programs = ['main', 'commands/weapp-auth'];

/** Node reads data faster as JSON than as JavaScript. */
const jsonAsText = {
  name: 'json-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /\.json$/ }, ({ path }) => {
      const json = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: `module.exports = JSON.parse(${JSON.stringify(json)})` };
    });
  },
};

/** @nestjs/typeorm looks there for what older versions of TypeORM have. It would load TypeORM a second time. */
const noOldTypeorm = {
  name: 'no-old-typeorm',
  setup({ onLoad }) {
    onLoad({ filter: /@nestjs\/typeorm\/dist\/common\/typeorm-compat\.js$/ }, () => ({
      contents: 'export const Connection = undefined, AbstractRepository = undefined',
    }));
  },
};

/**
 * For `keepNames`, esbuild defines the name of each function and class, also of the closures that every request makes by the
 * dozen. Needed are the names of classes that esbuild has renamed. Arrow functions have no prototype; @nestjs/swagger
 * knows those of `{ type: () => String }` by their name.
 */
const definesAllNames = '__name=(target,value)=>__defProp(target,"name",{value,configurable:!0})';
const definesLostNames =
  '__name=(target,value)=>target.name===value||target.prototype===void 0&&value!=="type"?target:__defProp(target,"name",{value,configurable:!0})';

const { outputFiles } = await build({
  write: false,
  entryPoints: programs.map((program) => join(dist, `${program}.js`)),
  outdir: dist,
  outbase: dist,
  splitting: true,
  chunkNames: 'chunks/[hash]',
  allowOverwrite: true,
  plugins: [jsonAsText, noOldTypeorm],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // TypeORM finds entities by the names of their classes, and each log line has the name of one.
  keepNames: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'error',
  external: [
    // Binaries, and files beside the code.
    'sharp',
    'pg-native',
    'swagger-ui-dist',
    // Loaded if AVATAR_STORAGE is a bucket.
    '@aws-sdk/*',
    'flydrive/drivers/s3',
    // What Nest loads if it is there. It is not.
    '@nestjs/microservices',
    '@nestjs/platform-express',
    '@nestjs/websockets',
    '@fastify/multipart',
    '@fastify/view',
  ],
  // What CommonJS packages expect of their surroundings.
  banner: {
    js: `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
import { dirname as __directoryOf } from 'node:path';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __directoryOf(__filename);`,
  },
});

if (outputFiles.filter(({ text }) => text.includes(definesAllNames)).length !== 1) {
  throw new Error('This version of esbuild defines names in another way: see definesAllNames.');
}
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    text.replace(definesAllNames, () => definesLostNames),
  );
}
