import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import { serveConsole } from './console-pages.js';
import { configureHttp, createHttpAdapter } from './http.adapter.js';

@Module({})
class EmptyModule {}

const uncompressed = { 'accept-encoding': 'identity' };
const script = 'export const greeting = "hello";\n'.repeat(100);

describe('the pages of the console', () => {
  let parent: string;
  let directory: string;
  let app: NestFastifyApplication;
  let url: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'weapp-auth-console-'));
    directory = join(parent, 'console');
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(
      join(directory, 'index.html'),
      '<!doctype html><base href="/console/" /><title>console</title>',
    );
    writeFileSync(join(directory, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    writeFileSync(join(directory, 'assets/main-4f1c.js'), script);
    writeFileSync(join(directory, 'assets/main-4f1c.js.gz'), gzipSync(script));
    writeFileSync(join(parent, 'secret.txt'), 'secret');
  });

  afterEach(async () => {
    await app.close();
    rmSync(parent, { recursive: true });
  });

  async function start(): Promise<void> {
    const settings = new Settings();
    app = await NestFactory.create<NestFastifyApplication>(
      EmptyModule,
      createHttpAdapter(settings, pino({ level: 'silent' })),
      { logger: false, bodyParser: false },
    );
    configureHttp(app, settings);
    await serveConsole(app, directory);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  }

  const get = (path: string, options: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { redirect: 'manual', ...options });

  /** fetch() would ask past every cache. */
  const statusIfKnown = (path: string, etag: string | null): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = { ...uncompressed, 'if-none-match': etag ?? '' };
      request(`${url}${path}`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it.each([
    ['/console/', './'],
    ['/console/users?sort=createdAt', './'],
    ['/console/users/019c', '../'],
    ['/console/users/019c/merge', '../../'],
  ])('are at %s, and find the rest by %s', async (path, base) => {
    await start();
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toBe(`<!doctype html><base href="${base}" /><title>console</title>`);
  });

  it('are found without the slash, below the path of a proxy, too', async () => {
    await start();
    const answer = await get('/console');
    expect([answer.status, answer.headers.get('location')]).toEqual([301, 'console/']);
  });

  it('run scripts and styles of the service only, and are in no frame', async () => {
    await start();
    for (const path of ['/console/', '/console/users/019c', '/console/assets/main-4f1c.js']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy'), path).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
          "base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    }
  });

  it('change nothing for the other paths of the service', async () => {
    await start();
    const { headers } = await get('/elsewhere');
    expect(headers.get('content-security-policy')).not.toContain("default-src 'none'");
  });

  it('are asked for again each time, and what is named by its content never', async () => {
    await start();
    const cacheControl = async (path: string) => (await get(path)).headers.get('cache-control');
    expect(await cacheControl('/console/')).toBe('no-cache');
    expect(await cacheControl('/console/icon.svg')).toBe('no-cache');
    expect(await cacheControl('/console/assets/main-4f1c.js')).toBe('public, max-age=31536000, immutable');
  });

  it.each(['/console/', '/console/users/019c', '/console/icon.svg', '/console/assets/main-4f1c.js'])(
    'are not sent again to a browser that has %s',
    async (path) => {
      await start();
      const etag = (await get(path, { headers: uncompressed })).headers.get('etag');
      expect(await statusIfKnown(path, etag)).toBe(304);
      expect(await statusIfKnown(path, '"of-another-build"')).toBe(200);
    },
  );

  it('answer HEAD without a body', async () => {
    await start();
    for (const path of ['/console/', '/console/users', '/console/assets/main-4f1c.js']) {
      const answer = await get(path, { method: 'HEAD' });
      expect([answer.status, await answer.text()], path).toEqual([200, '']);
    }
  });

  it('are sent compressed if the build has done so and the browser takes it', async () => {
    await start();
    const read = async (encoding: string) => {
      const answer = await get('/console/assets/main-4f1c.js', { headers: { 'accept-encoding': encoding } });
      expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8');
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('accept-encoding');
      expect(await answer.text()).toBe(script);
      return answer.headers.get('content-encoding');
    };
    expect(await read('br, gzip')).toBe('gzip');
    expect(await read('identity')).toBeNull();
  });

  it.each(['/console/assets/main-0000.js', '/console/assets/', '/console/assets/main-4f1c.js.gz'])(
    'do not pretend to be %s',
    async (path) => {
      await start();
      const answer = await get(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'not_found' });
    },
  );

  it.each(['/console/%2e%2e/secret.txt', '/console/..%2fsecret.txt', '/console/assets/..%5c..%5csecret.txt'])(
    'are no way to other files by %s',
    async (path) => {
      await start();
      expect(await (await get(path)).text()).not.toBe('secret');
    },
  );

  it('take GET only', async () => {
    await start();
    for (const path of ['/console/', '/console/users/019c']) {
      const answer = await get(path, { method: 'POST' });
      expect([answer.status, answer.headers.get('allow')], path).toEqual([405, 'GET, HEAD']);
    }
  });

  it('are missed with a hint, and nothing else is missing, if they were not built', async () => {
    rmSync(join(directory, 'index.html'));
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    await start();
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'CONSOLE is on, but the pages of the console have not been built: run npm run build, or set CONSOLE=false.',
    );
    warn.mockRestore();
    expect((await get('/console/')).status).toBe(404);
  });
});
