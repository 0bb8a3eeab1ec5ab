import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildClient, copyIntoDemo } from '../build.js';
import type { createAuth } from '../src/index.js';
import { baseUrl, FakePhone, settled } from './fake-phone.js';

const client = join(import.meta.dirname, '..');
const typings = join(client, '../node_modules/miniprogram-api-typings');

let directory: string;
let commonJs: string;
let esModule: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weapp-auth-client-'));
  await buildClient(directory);
  commonJs = await readFile(join(directory, 'miniprogram_dist/index.js'), 'utf8');
  esModule = await readFile(join(directory, 'dist/index.js'), 'utf8');
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => void vi.useRealTimers());

describe('what is built', () => {
  it('is below 8 KB, gzipped', () => {
    expect(gzipSync(commonJs).length).toBeLessThan(8192);
    expect(gzipSync(esModule).length).toBeLessThan(8192);
  });

  it('is ES2017', async () => {
    for (const code of [commonJs, esModule]) {
      const lowered = await transform(code, { target: 'es2017', charset: 'utf8' });
      const same = await transform(code, { target: 'esnext', charset: 'utf8' });
      expect(lowered.code === same.code).toBe(true);
    }
  });

  it('requires and imports nothing', () => {
    expect(commonJs).not.toMatch(/\brequire\s*\(|\bimport\b/);
    expect(esModule).not.toMatch(/\brequire\s*\(|\bimport\b/);
  });

  it('has every entry of package.json, and one file that WeChat’s packer copies', async () => {
    const { main, module, types, miniprogram, dependencies, exports } = JSON.parse(
      await readFile(join(client, 'package.json'), 'utf8'),
    );
    const exported = Object.values<object>(exports['.']).flatMap((one) => Object.values(one));
    const entries = [main, module, types, ...exported, `${miniprogram}/index.js`];
    for (const entry of entries) await expect(readFile(join(directory, entry))).resolves.toBeDefined();
    expect(dependencies).toBeUndefined();
    const copied = await readdir(join(directory, miniprogram));
    expect(copied.filter((file) => file.endsWith('.js'))).toEqual(['index.js']);
  });

  it('is copied to where the demo finds it', async () => {
    await copyIntoDemo(join(directory, 'demo'), directory);
    const copy = join(directory, 'demo/miniprogram_npm/weapp-auth-client/index.js');
    await expect(readFile(copy, 'utf8')).resolves.toBe(commonJs);
  });
});

describe('the CommonJS file', () => {
  /** A mini-program has no window, process, URL or fetch. */
  function load(): { createAuth: typeof createAuth } {
    const module = { exports: {} as { createAuth: typeof createAuth } };
    const context = createContext({ module, exports: module.exports, setTimeout, clearTimeout });
    runInContext(commonJs, context);
    return module.exports;
  }

  it('needs only the language and timers', async () => {
    const phone = new FakePhone();
    const auth = load().createAuth({ baseUrl, wx: phone.wx });
    await expect(settled(auth.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
    phone.service.forgetAccessTokens();
    await expect(settled(auth.request({ url: '/me' }))).resolves.toMatchObject({ statusCode: 200 });
    await settled(auth.logout());
    await expect(settled(auth.request({ url: '/me' }))).rejects.toMatchObject({ code: 'signed_out' });
  });

  it('and the ES module export the same', async () => {
    const module = (await import(pathToFileURL(join(directory, 'dist/index.js')).href)) as object;
    expect(Object.keys(module).toSorted()).toEqual(['AuthError', 'createAuth']);
    expect(Object.keys(load()).toSorted()).toEqual(['AuthError', 'createAuth']);
  });
});

describe('the types', () => {
  async function complaints(
    source: string,
    options: ts.CompilerOptions,
    name = 'page.ts',
  ): Promise<string[]> {
    const file = join(directory, name);
    await writeFile(file, source);
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2017,
      lib: ['lib.es2017.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      ...options,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  it('need no other types: no DOM, no Node, no typings of WeChat', async () => {
    const page = `
      import { createAuth, AuthError, type User, type Answer } from './dist/index.js';
      declare const console: { log(what: unknown): void };
      const auth = createAuth({
        baseUrl: '${baseUrl}',
        appid: 'wx1',
        origins: ['https://api.example.com'],
        isExpired: ({ data }) => data.code === 401,
        unwrap: ({ data }) => data.data,
        beforeRequest: (options) => Object.assign({}, options, { header: { 'X-Version': '2' } }),
        afterResponse: ({ statusCode }) => console.log(statusCode),
      });
      export async function show(): Promise<string | null> {
        const end: () => void = auth.on('logout', ({ reason }) => reason.length);
        auth.on('error', ({ code, problem }) => [code, problem && problem['eraseAt']]);
        end();
        await auth.login({ restore: true, consent: { policyVersion: '1' }, phoneCode: 'p' });
        const { statusCode, data, fetchAgain }: Answer<User> = await auth.request<User>({ url: '/me' });
        const result = await auth.getPhoneNumber({ detail: { errMsg: 'getPhoneNumber:ok', code: 'c' } });
        if (result.outcome === 'stored') return result.user.phone;
        const upload = auth.upload<User>({ url: '/me/avatar', filePath: 'p', name: 'file', onProgress: ({ progress }) => progress });
        upload.abort();
        const { tempFilePath = '' } = await auth.download({ url: '/files/1', auth: 'optional' });
        const token: string | null = await auth.refresh();
        auth.request({ url: '/chat', enableChunked: true, onTask: (task) => task.onChunkReceived!((chunk) => chunk.data.byteLength) }).abort();
        if (token === tempFilePath) return (await upload).data.avatarUrl;
        if (fetchAgain || statusCode !== 200) throw new AuthError('mine');
        return auth.user ? data.nickname : auth.token();
      }`;
    expect(await complaints(page, {})).toEqual([]);
  });

  it('fit the typings of WeChat', async () => {
    const page = `
      import { createAuth } from './dist/index.js';
      const auth = createAuth({ baseUrl: '${baseUrl}', wx });
      Page({
        async onPhone(event: WechatMiniprogram.ButtonGetPhoneNumber) {
          await auth.getPhoneNumber(event);
          await auth.request({ url: '/me', method: 'POST', data: { nickname: '小明' }, enableHttp2: true });
          const options: WechatMiniprogram.RequestOption = { url: '/me', success: ({ statusCode }) => statusCode };
          await auth.request(options);
          const upload: WechatMiniprogram.UploadFileOption = { url: '/me/avatar', filePath: 'p', name: 'file', formData: { a: 1 } };
          await auth.upload(upload);
          const download: WechatMiniprogram.DownloadFileOption = { url: '/files/1', success: ({ tempFilePath }) => tempFilePath };
          await auth.download(download);
          await auth.request({
            url: '/chat',
            enableChunked: true,
            onTask: (task: WechatMiniprogram.RequestTask) => task.onChunkReceived(({ data }) => data.byteLength),
          });
        },
      });`;
    expect(await complaints(page, { types: [typings], lib: ['lib.es2020.d.ts'] })).toEqual([]);
  });

  it.each([
    ['CommonJS', 'old/page.cts'],
    ['an ES module', 'new/page.mts'],
  ])('are found by %s, with Node’s resolution', async (_, name) => {
    const page = `
      import { createAuth, AuthError } from 'weapp-auth-client';
      export const fails = (error: unknown) => error instanceof AuthError && error.code;
      createAuth({ baseUrl: '${baseUrl}' }).on('login', ({ user }) => user.id);`;
    await copyFile(join(client, 'package.json'), join(directory, 'package.json'));
    const modules = join(directory, dirname(name), 'node_modules');
    await mkdir(modules, { recursive: true });
    await symlink(directory, join(modules, 'weapp-auth-client'));
    const options = { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 };
    expect(await complaints(page, options, name)).toEqual([]);
  });

  it('fit other versions, Taro, and pages that pass callbacks', async () => {
    const page = `
      import { createAuth } from './dist/index.js';
      interface Callbacks<Result> { success?: (result: Result) => void; fail?: (failure: { errMsg: string }) => void }
      interface OldRequest extends Callbacks<{ statusCode: number }> {
        url: string; data?: string | object | ArrayBuffer; dataType?: 'json' | '其他'; method?: 'GET' | 'POST';
        header?: Record<string, any>;
      }
      interface Old {
        login(options?: Callbacks<{ code: string }>): void;
        request(options: OldRequest): { abort(): void };
        getAppBaseInfo(): { SDKVersion: string };
      }
      interface Taro {
        login<Options extends Callbacks<{ code: string }>>(options?: Options): Promise<{ code: string }>;
        request<Data, Body>(options: { url: string; data?: Body; method?: 'GET' | 'PATCH'; dataType?: 'json' }): Promise<Data>;
        getStorage<Data>(options: { key: string } & Callbacks<{ data: Data }>): Promise<{ data: Data }>;
        getAppBaseInfo(): { SDKVersion?: string };
      }
      declare const old: Old, taro: Taro, options: OldRequest;
      createAuth({ baseUrl: '${baseUrl}', wx: taro });
      const auth = createAuth({ baseUrl: '${baseUrl}', wx: old });
      void auth.request(options);
      void auth.request({ url: '/me', success: (answer) => answer.data.id, fail: (failure) => failure.code });`;
    expect(await complaints(page, {})).toEqual([]);
  });

  it('reject wrong calls', async () => {
    const page = `
      import { createAuth } from './dist/index.js';
      const auth = createAuth({ url: '${baseUrl}' });
      auth.request('/me');
      auth.on('login out', () => {});`;
    expect(await complaints(page, {})).toHaveLength(3);
  });
});
