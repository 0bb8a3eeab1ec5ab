import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../dev/build.js';
import { packPackage } from '../../dev/pack.js';
import { findFreePort } from '../../dev/ports.js';
import { guideBlock } from '../harness/guide.js';
import { useWorld } from '../harness/world.js';

const world = useWorld();
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'weapp-auth-stranger-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const npmOptions = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];

const graphqlPackages = [
  '@nestjs/graphql',
  '@nestjs/apollo',
  '@apollo/server',
  '@as-integrations/express5',
  'graphql',
];
const webSocketPackages = ['@nestjs/websockets', '@nestjs/platform-ws', 'ws', '@types/ws'];

/** What the README and the guides say to install. Each run of npm takes as long as a build. */
const packages: Record<number, string[]> = {
  11: ['@nestjs/swagger@11', '@nestjs/typeorm@11', 'typeorm'],
  12: ['@nestjs/swagger', '@nestjs/typeorm', 'typeorm', ...graphqlPackages, ...webSocketPackages],
};

/** @returns why the application could not be made: without a registry and a cache, nothing can be installed */
async function createApplication(major: number, tarball: string): Promise<string | undefined> {
  const environment = { ...process.env, npm_config_prefer_offline: 'true', npm_config_fetch_retries: '0' };
  try {
    const create = ['--yes', `@nestjs/cli@${major}`, 'new', `nest${major}`, '-g', '-p', 'npm', '-s'];
    await run('npx', create, { cwd: home, env: environment });
    const cwd = join(home, `nest${major}`);
    await run('npm', ['install', ...npmOptions, tarball, ...packages[major]!], { cwd, env: environment });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // Anything but a registry that is out of reach is a fault of the package.
    const isOffline = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|network/.test(message);
    if (isOffline) return message.split('\n', 1)[0];
    throw error;
  }
}

/** Whether the compiler passes over the declarations of packages: `nest new` has it so. */
function setSkipLibCheck(directory: string, skipLibCheck: boolean): void {
  changeJson(join(directory, 'tsconfig.json'), ({ compilerOptions, ...others }) => ({
    ...others,
    compilerOptions: { ...(compilerOptions as object), skipLibCheck },
  }));
}

/** As many applications are that were updated from Nest 11: `nest new` of Nest 12 makes ES modules. */
function makeCommonJs(directory: string): void {
  changeJson(join(directory, 'package.json'), (manifest) => ({ ...manifest, type: 'commonjs' }));
}

function changeJson(file: string, change: (content: Record<string, unknown>) => object): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
}

interface Application {
  url: string;
  hello: (token?: string) => Promise<Response>;
  stop: () => Promise<void>;
}

/** Builds what is in the directory, and starts it on a database of its own. */
async function startApplication(directory: string): Promise<Application> {
  await run('npm', ['run', 'build'], { cwd: directory });
  const database = await world.anotherDatabase();
  const port = await findFreePort();
  const environment = world.environment({ DATABASE_URL: database.url, PORT: String(port) });
  const application = spawn(process.execPath, ['dist/main.js'], { cwd: directory, env: environment });
  let output = '';
  for (const stream of [application.stdout, application.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const url = `http://127.0.0.1:${port}`;
  const hello = (token?: string) =>
    fetch(`${url}/hello`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  // Nest says that it has started before it listens.
  const isListening = () =>
    hello().then(
      () => 'listening',
      () => (application.exitCode === null ? 'starting' : `ended: ${output}`),
    );
  await expect.poll(isListening).toBe('listening');
  const stop = async () => {
    application.kill();
    if (application.exitCode === null) await once(application, 'exit');
  };
  return { url, hello, stop };
}

async function logIn(url: string): Promise<{ accessToken: string; user: { id: string } }> {
  const login = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: await world.code('anna'), appid: 'wx00000000000000aa' }),
  });
  return (await login.json()) as { accessToken: string; user: { id: string } };
}

/** What the guide says of GraphQL and WebSockets, in one application. */
function guideApplication(): { module: string; main: string } {
  const block = (containing: string) => guideBlock('library.md', 'ts', containing);
  return {
    module: `
      import type { IncomingMessage } from 'node:http';
      import { unwrapResolverError } from '@apollo/server/errors';
      import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
      import { type ArgumentsHost, Catch, Module, UseFilters, UseGuards } from '@nestjs/common';
      import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
      import {
        BaseWsExceptionFilter, type OnGatewayConnection, SubscribeMessage, WebSocketGateway, WsException,
      } from '@nestjs/websockets';
      import {
        AuthenticationService, AuthModule, CurrentUser, JwtGuard, loadSettings, ServiceError, type SignedInUser,
        WeappAuthModule,
      } from 'weapp-auth';
      import type { WebSocket } from 'ws';
      ${block('HelloResolver')}
      ${block('ChatGateway')}
      @Module({
        imports: [WeappAuthModule.forRoot(loadSettings(process.env)), AuthModule, ${block('GraphQLModule')}],
        providers: [HelloResolver, ChatGateway],
      })
      export class AppModule {}`,
    main: `
      import { NestFactory } from '@nestjs/core';
      import { WsAdapter } from '@nestjs/platform-ws';
      import { AppModule } from './app.module.js';
      async function bootstrap() {
        const app = await NestFactory.create(AppModule);
        app.useWebSocketAdapter(new WsAdapter(app));
        await app.listen(process.env['PORT']!);
      }
      void bootstrap();`,
  };
}

const majors = [11, 12];
/** Why an application could not be made, by the major version of its Nest. */
const reasons = new Map<number, string | undefined>();
beforeAll(async () => {
  const tarball = packPackage(projectDirectory, home);
  // At the same time: npm waits for the disk and the registry for the most part.
  await Promise.all(majors.map(async (major) => reasons.set(major, await createApplication(major, tarball))));
});

describe.each(majors)('an application that `nest new` of Nest %i makes', (major) => {
  const directory = join(home, `nest${major}`);
  let missing: string | undefined;
  beforeAll(() => {
    missing = reasons.get(major);
  });

  it('guards a controller as the README says, on the first try, and compiles with skipLibCheck off, too', async ({
    skip,
  }) => {
    skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
    // One build for both: the compiler finds with it what it finds without it, and more.
    setSkipLibCheck(directory, false);
    writeFileSync(
      join(directory, 'src/app.module.ts'),
      guideBlock('../../README.md', 'ts', 'HelloController'),
    );
    const { hello, ...application } = await startApplication(directory);
    try {
      const refused = await hello();
      expect(refused.status).toBe(401);
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
      expect(await refused.json()).toMatchObject({ code: 'token_missing' });

      const { accessToken, user } = await logIn(application.url);
      expect(await (await hello(accessToken)).json()).toEqual({ hello: user.id });
    } finally {
      await application.stop();
    }
  });

  it('has one Nest, one TypeORM and one rxjs', async ({ skip }) => {
    skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
    const lock = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const shares = [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/swagger',
      '@nestjs/typeorm',
      'typeorm',
      'reflect-metadata',
    ];
    for (const name of shares) {
      const copies = Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
      expect(copies).toEqual([`node_modules/${name}`]);
    }
    expect(lock.packages['node_modules/@nestjs/core']!.version.split('.')[0]).toBe(String(major));
  });

  it.runIf(major === 12)(
    'guards GraphQL and WebSockets as the guide says, as CommonJS, too',
    async ({ skip }) => {
      skip(missing !== undefined, `Nothing can be installed here: ${missing}`);
      // The declarations of GraphQL name packages that only some need.
      setSkipLibCheck(directory, true);
      makeCommonJs(directory);
      const { module, main } = guideApplication();
      writeFileSync(join(directory, 'src/app.module.ts'), module);
      writeFileSync(join(directory, 'src/main.ts'), main);
      const { url, stop } = await startApplication(directory);
      try {
        const { accessToken, user } = await logIn(url);
        const query = async (headers: Record<string, string>) => {
          const body = JSON.stringify({ query: '{ hello }' });
          const response = await fetch(`${url}/graphql`, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body,
          });
          return response.json();
        };
        const authorization = `Bearer ${accessToken}`;
        expect(await query({ authorization })).toEqual({ data: { hello: user.id } });
        expect(await query({})).toMatchObject({
          errors: [{ extensions: { code: 'token_missing', status: 401 } }],
        });

        const { WebSocket } = createRequire(join(directory, 'package.json'))('ws');
        const connect = (headers: Record<string, string>) =>
          new WebSocket(url.replace('http', 'ws'), { headers });
        const stranger = connect({ authorization: 'Bearer x' });
        expect(await once(stranger, 'close')).toEqual([4401, expect.anything()]);

        const phone = connect({ authorization });
        const ask = async () => {
          phone.send(JSON.stringify({ event: 'hello' }));
          return JSON.parse(String((await once(phone, 'message'))[0])) as object;
        };
        await once(phone, 'open');
        expect(await ask()).toEqual({ event: 'hello', data: user.id });
        await fetch(`${url}/auth/logout`, { method: 'POST', headers: { authorization } });
        expect(await ask()).toMatchObject({
          event: 'exception',
          data: { code: 'session_revoked', status: 401 },
        });
        phone.terminate();
      } finally {
        await stop();
      }
    },
  );
});
