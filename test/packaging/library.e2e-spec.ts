import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackage } from '../../dev/pack.js';
import { TestDatabase } from '../harness/database.js';
import { guideBlock } from '../harness/guide.js';
import { Launcher } from '../harness/launcher.js';
import { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

const project = join(import.meta.dirname, '../..');
const example = join(project, 'examples/notes');
const unpacked = join(example, 'node_modules/weapp-auth');
const program = { main: join(example, 'dist/main.js'), listening: /Notes are served at (\S+)/ };
const shop = join(project, 'examples/shop');

/** examples/notes against the package as npm would publish it, not against the sources next door. */
describe('the npm package in another application', () => {
  const world = useWorld();
  let notes: ServiceNode;

  beforeAll(async () => {
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xzf', packPackage(project, unpacked), '--strip-components=1'], { cwd: unpacked });
    execFileSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', example]);
    notes = await ServiceNode.start(world.environment(), program);
    world.nodes.push(notes);
  });
  afterAll(() => {
    for (const each of [example, shop]) rmSync(join(each, 'node_modules'), { recursive: true, force: true });
  });

  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('logs users in, and keeps their notes apart', async () => {
    const anna = (await world.login(notes, 'anna')).body;
    const bert = (await world.login(notes, 'bert')).body;
    expect((await notes.post('/notes', { text: '买菜' }, bearer(anna.accessToken))).status).toBe(201);
    expect((await notes.get('/notes', bearer(anna.accessToken))).body).toMatchObject([
      { text: '买菜', userId: anna.user.id },
    ]);
    expect((await notes.get('/notes', bearer(bert.accessToken))).body).toEqual([]);
  });

  it('takes avatars, and serves them', async () => {
    const { body } = await world.login(notes, 'anna');
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)]), 'a.png');
    const answer = await fetch(new URL('/me/avatar', notes.url), {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${body.accessToken}` },
    });
    expect(answer.status).toBe(200);
    const { avatarUrl } = (await answer.json()) as { avatarUrl: string };
    expect((await notes.get(new URL(avatarUrl).pathname)).headers['content-type']).toBe('image/webp');
  });

  it('answers the errors of the guard as this service does', async () => {
    expect(await notes.get('/notes')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/problem+json; charset=utf-8' },
      body: { code: 'token_missing' },
    });
    const { body } = await world.login(notes, 'anna');
    expect((await notes.call('DELETE', '/notes', bearer(body.accessToken))).body.code).toBe('forbidden');
  });

  it('answers its own errors as it likes', async () => {
    const { body } = await world.login(notes, 'anna');
    const answer = await notes.post('/notes', { text: '' }, bearer(body.accessToken));
    expect(answer).toMatchObject({ status: 400, body: { message: 'text must not be empty' } });
  });

  it('goes by the roles that a command of the package gives', async () => {
    const { body } = await world.login(notes, 'carl');
    // As `npx weapp-auth` does, through the link that npm makes.
    execFileSync(
      join(unpacked, 'bin/weapp-auth.js'),
      ['admin:grant', '--user', body.user.id, '--role', 'moderator'],
      { env: world.environment() },
    );
    const again = await world.login(notes, 'carl');
    expect((await notes.call('DELETE', '/notes', bearer(again.body.accessToken))).status).toBe(204);
  });

  it('checks bodies and spends no code on a malformed one', async () => {
    expect((await notes.login({ code: 5 })).body.code).toBe('invalid_request');
    const { body } = await world.login(notes, 'anna');
    expect((await notes.patch('/me', { nickname: '' }, bearer(body.accessToken))).body.code).toBe(
      'invalid_request',
    );
    expect((await notes.patch('/me', { nickname: '小明' }, bearer(body.accessToken))).body.nickname).toBe(
      '小明',
    );
  });

  it('starts on an empty database any number of times at once', async () => {
    const database = await TestDatabase.create(world.database.url);
    try {
      const environment = world.environment({ DATABASE_URL: database.url });
      const together = await Promise.all([1, 2, 3].map(() => ServiceNode.start(environment, program)));
      expect(together.map(({ output }) => output.includes('ERROR'))).toEqual([false, false, false]);
      await Promise.all(together.map((node) => node.stop()));
    } finally {
      await database.drop();
    }
  });

  it('shares its database with the service itself', async () => {
    const service = await world.startNode();
    const { body } = await world.login(service, 'anna');
    expect((await notes.get('/notes', bearer(body.accessToken))).status).toBe(200);
  });

  it('lives on Express beside a data source of the application, whose table of users is another one', async () => {
    mkdirSync(join(shop, 'node_modules'), { recursive: true });
    rmSync(join(shop, 'node_modules/weapp-auth'), { force: true });
    symlinkSync(unpacked, join(shop, 'node_modules/weapp-auth'));
    execFileSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', shop]);
    const database = await world.anotherDatabase('TEMPLATE template0');
    const node = await ServiceNode.start(
      world.environment({ DATABASE_URL: database.url, DATABASE_SCHEMA: 'weapp' }),
      { main: join(shop, 'dist/main.js'), listening: /The shop is served at (\S+)/ },
    );
    world.nodes.push(node);

    const { accessToken, user } = (await world.login(node, 'anna')).body;
    expect((await node.post('/orders', { item: '茶' }, bearer(accessToken))).status).toBe(201);
    expect((await node.get('/orders', bearer(accessToken))).body).toMatchObject([
      { item: '茶', userId: user.id },
    ]);
    expect((await node.get('/orders')).body.code).toBe('token_missing');
    expect(await database.query('SELECT * FROM public.users')).toEqual([{ id: user.id, points: 0 }]);
  });

  it('can be tried beside npm start, without an appid', async () => {
    const database = await TestDatabase.create(world.database.url);
    const launcher = await Launcher.start({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    try {
      const settings = parseEnv(readFileSync(join(launcher.dataDirectory, 'environment'), 'utf8'));
      const tried = await ServiceNode.start({ ...(settings as Record<string, string>), PORT: '0' }, program);
      world.nodes.push(tried);
      const guide = guideBlock('../../examples/notes/README.md', 'sh', '__emulator__', {
        'http://127.0.0.1:3001': settings['WECHAT_BASE_URL']!,
        'http://127.0.0.1:3002': tried.url,
      });
      const { stdout } = await promisify(execFile)('sh', ['-c', guide], {
        env: { PATH: process.env['PATH'] },
      });

      expect(stdout).toMatch(/^{"id":"?1"?,.*}\[{.*"text":"买菜".*}\]$/);
      expect((await tried.get('/notes')).status).toBe(401);
    } finally {
      await launcher.stop();
      await database.drop();
    }
  });

  it('does not start in production with the emulator’s appids', async () => {
    const apps = JSON.stringify([{ appid: 'wxe000000000000001', secret: 'e000000000000001'.repeat(2) }]);
    const environment = world.environment({ WECHAT_APPS: apps, NODE_ENV: 'production' });
    const node = ServiceNode.launch(environment, program);

    expect(await node.exit()).toBe(1);
    expect(node.output).toMatch(/wxe000000000000001.*emulator/);
  });

  it('holds the built service and nothing else', () => {
    expect(
      readdirSync(unpacked)
        .filter((name) => !name.endsWith('.tgz'))
        .toSorted(),
    ).toEqual(['LICENSE', 'README.md', 'README.zh-CN.md', 'bin', 'dist', 'package.json']);
    const specs = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.includes('.spec.'),
    );
    expect(specs).toEqual([]);
  });

  it('depends on every package that it imports, and shares those of the application', () => {
    const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
    const { dependencies, peerDependencies } = manifest;
    const files = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
      // Commands are bundles, and have in them what they need.
      .filter((file) => /\.(js|d\.ts)$/.test(file) && !/^(commands|chunks)\//.test(file));
    const imported = files.flatMap((file) => [
      ...readFileSync(join(unpacked, 'dist', file), 'utf8').matchAll(
        /(?:from|import|import\() ?'((?:@[\w-]+\/)?[\w-][\w.-]*)/g,
      ),
    ]);
    const names = new Set(imported.map(([, name]) => name!).filter((name) => name !== 'node'));
    expect(names.size).toBeGreaterThan(15);
    const declared = { ...dependencies, ...peerDependencies };
    expect([...names].filter((name) => !Object.hasOwn(declared, name))).toEqual([]);
    expect([...names].filter((name) => /^(fastify|express|@nestjs\/platform-)/.test(name))).toEqual([]);
    expect(Object.keys(peerDependencies)).toEqual(
      expect.arrayContaining(['@nestjs/common', '@nestjs/core', 'typeorm', 'reflect-metadata', 'rxjs']),
    );
  });

  it('loads no package that only some need', () => {
    const loaded = packagesThatLoad('weapp-auth', example);
    expect(loaded).toContain('typeorm');
    const needless =
      /^(sharp|@img\/.*|@aws-sdk\/.*|swagger-ui-.*|express|fastify|@fastify\/static|@nestjs\/(platform-.*|terminus))$/;
    expect(loaded.filter((name) => needless.test(name))).toEqual([]);
  });

  it('has no script that npm would ask about, and no dependency for development', () => {
    const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
    expect(Object.keys(manifest)).toEqual(
      expect.not.arrayContaining(['scripts', 'devDependencies', 'workspaces', 'private']),
    );
  });
});

/** The packages with a file that Node runs for `import name`. It lists the files for the measurement of coverage. */
function packagesThatLoad(name: string, directory: string): string[] {
  const reports = mkdtempSync(join(tmpdir(), 'weapp-auth-loaded-'));
  try {
    execFileSync(process.execPath, ['--input-type=module', '--eval', `import '${name}'`], {
      cwd: directory,
      env: { PATH: process.env['PATH'], NODE_V8_COVERAGE: reports },
    });
    const files = readdirSync(reports).flatMap((report) => {
      const { result } = JSON.parse(readFileSync(join(reports, report), 'utf8')) as {
        result: { url: string }[];
      };
      return result.map(({ url }) => url);
    });
    const packages = files.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
    return [...new Set(packages.filter((each) => each !== undefined))];
  } finally {
    rmSync(reports, { recursive: true });
  }
}
