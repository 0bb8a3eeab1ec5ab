import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Where the build puts the pages: `console/` beside the directory of this file, and beside that of the bundle. */
const builtPages = join(import.meta.dirname, '../console');

/**
 * The pages run scripts and styles of the service only, and no page shows them in a frame: whoever uses them can erase users.
 * They have a `<base>` of their own.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The build names the files in `assets/` by their content. */
const hashedFile = /[/\\]assets[/\\]/;

/**
 * Serves the pages of the operator's console at `/console/`. The pages are files of the build, and the list of files is read once.
 * Without them, the service starts, and says what to do: people can log in without a console.
 *
 * @param directory of the built pages
 */
export async function serveConsole(app: NestFastifyApplication, directory = builtPages): Promise<void> {
  const index = join(directory, 'index.html');
  if (!existsSync(index)) {
    new Logger('Console').warn(
      'CONSOLE is on, but the pages of the console have not been built: run npm run build, or set CONSOLE=false.',
    );
    return;
  }
  const html = readFileSync(index, 'utf8');
  const sendPage = (request: FastifyRequest, reply: FastifyReply) => answerPage(html, request, reply);
  // Few nodes have a console, and without it they start earlier.
  const { default: fastifyStatic } = await import('@fastify/static');
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.register(async (scope) => {
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('content-security-policy', contentSecurityPolicy);
      done();
    });
    // Relative, since a proxy may serve the service below a path of its own.
    scope.get('/console', (_request, reply) => reply.redirect('console/', 301));
    scope.get('/console/', sendPage);
    // The page reads the rest of the path.
    scope.get('/console/*', sendPage);
    scope.get('/console/assets/*', (_request, reply) => reply.callNotFound());
    await scope.register(fastifyStatic, {
      root: directory,
      prefix: '/console/',
      // A route for each file: no path of a request leads to the disk.
      wildcard: false,
      globIgnore: ['index.html', '**/*.{br,gz}'],
      preCompressed: true,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = hashedFile.test(path);
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  });
}

/** The page, for whichever path below `/console/`. */
function answerPage(html: string, { url, headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = url.split('?', 1);
  const depth = path.split('/').length - '/console/'.split('/').length;
  // Relative, as the redirect.
  const page = html.replace(/(<base href=")[^"]*/, `$1${'../'.repeat(depth) || './'}`);
  const etag = `"${createHash('sha256').update(page).digest('base64url')}"`;
  void reply.headers({ 'cache-control': 'no-cache', etag });
  if (headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page);
}
