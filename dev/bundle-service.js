import { join } from 'node:path';
import { build } from 'esbuild';

// Replaces dist/main.js by one file with all that it imports: Node starts it in half the time. The rest of dist/ stays as
// compiled, for applications that import the modules. Plain JavaScript, since the Dockerfile runs it without tsx.
const main = join(import.meta.dirname, '../dist/main.js');

await build({
  entryPoints: [main],
  outfile: main,
  allowOverwrite: true,
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
