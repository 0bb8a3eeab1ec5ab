import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import typescript from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const guard = join(import.meta.dirname, '..');
const modules = join(guard, '../node_modules');
const tsc = join(modules, 'typescript/bin/tsc');
const run = promisify(execFile);

/** An application that has installed the package, and what it may be used with. */
let application: string;

beforeAll(async () => {
  application = await mkdtemp(join(tmpdir(), 'weapp-auth-guard-'));
  const installed = join(application, 'node_modules/weapp-auth-guard');
  await mkdir(installed, { recursive: true });
  await run(process.execPath, [
    tsc,
    '-p',
    join(guard, 'tsconfig.build.json'),
    '--outDir',
    join(installed, 'dist'),
  ]);
  await copyFile(join(guard, 'package.json'), join(installed, 'package.json'));
  for (const name of [
    '@nestjs',
    '@types',
    'fastify',
    'fastify-plugin',
    'jose',
    'lru-cache',
    'rxjs',
    'reflect-metadata',
  ]) {
    await symlink(join(modules, name), join(application, 'node_modules', name), 'junction');
  }
});
afterAll(() => rm(application, { recursive: true }));

const manifest = async () => JSON.parse(await readFile(join(guard, 'package.json'), 'utf8'));

const consumer = `
import { createVerifier, GuardError, type AccessTokenClaims } from 'weapp-auth-guard';
import { createGuard } from 'weapp-auth-guard/express';
import { guard } from 'weapp-auth-guard/fastify';
import { CurrentUser, GuardModule, JwtGuard, Roles } from 'weapp-auth-guard/nest';
import { createTestToken } from 'weapp-auth-guard/testing';

const verifier = createVerifier({ issuer: 'https://login.example.com' });
export const user: Promise<AccessTokenClaims> = createTestToken().then((token) => verifier.verify(token));
export const code = (error: GuardError) => error.code;
export const used = [createGuard(verifier)(), guard, CurrentUser, GuardModule.forRoot({ issuer: 'https://a' }), JwtGuard, Roles];
`;

/** What the compiler says of the files and of the package. What other packages declare is not looked at: it takes longest. */
function compile(files: string[], compilerOptions: object): string[] {
  const { options, errors } = typescript.convertCompilerOptionsFromJson(
    {
      ...compilerOptions,
      target: 'ES2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
    },
    application,
  );
  const program = typescript.createProgram(files, options);
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => files.includes(fileName) || fileName.includes('/weapp-auth-guard/'));
  expect(own.length).toBeGreaterThan(files.length);
  return [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ].map(
    ({ file, messageText }) =>
      `${file?.fileName}: ${typescript.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}

describe('the declarations', () => {
  it.each([
    ['nodenext, an ES module and CommonJS', { module: 'nodenext' }, ['index.mts', 'index.cts']],
    ['node16, an ES module', { module: 'node16' }, ['index.mts']],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, ['index.ts']],
    [
      'node10, as older versions of `nest new` have it',
      { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
      ['index.ts'],
    ],
  ])('compile with skipLibCheck off: %s', async (name, compilerOptions, files) => {
    const directory = join(application, name.replace(/\W+/g, '-'));
    await mkdir(directory);
    const paths = files.map((file) => join(directory, file));
    for (const path of paths) await writeFile(path, consumer);
    expect(compile(paths, compilerOptions)).toEqual([]);
  });
});

describe('the package', () => {
  it('works from CommonJS', async () => {
    const script = `
      const { createVerifier } = require('weapp-auth-guard');
      const { createTestToken, testIssuer } = require('weapp-auth-guard/testing');
      const { GuardModule } = require('weapp-auth-guard/nest');
      const verifier = createVerifier({ issuer: testIssuer.url, fetch: testIssuer.fetch });
      createTestToken({ userId: 'anna' }).then((token) => verifier.verify(token)).then(({ userId }) => {
        console.log(userId, typeof GuardModule.forRoot);
      });
    `;
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: application });
    expect(stdout).toBe('anna function\n');
  });

  it('needs neither Nest nor Fastify, unless their entries are imported', async () => {
    const installed = join(application, 'node_modules/weapp-auth-guard/dist');
    for (const file of (await readdir(installed)).filter((name) => name.endsWith('.js'))) {
      const code = await readFile(join(installed, file), 'utf8');
      expect(code).not.toMatch(/from '(@nestjs|fastify'|express)/);
    }
  });

  it('brings fewer than ten packages, and neither a database nor a secret', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = await manifest();
    expect(Object.keys(dependencies)).toEqual(['fastify-plugin', 'jose', 'lru-cache']);
    for (const name of Object.keys(dependencies)) {
      const installed = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'));
      expect(installed.dependencies ?? {}).toEqual({});
    }
    expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
  });

  it('has every file that it names', async () => {
    const { exports, typesVersions, types } = await manifest();
    const entries = Object.values(exports).flatMap((one) =>
      typeof one === 'string' ? [] : Object.values(one as object),
    );
    const named: string[] = [types, ...entries, ...Object.values<string[]>(typesVersions['*']).flat()];
    const installed = join(application, 'node_modules/weapp-auth-guard');
    for (const file of named) await expect(readFile(join(installed, file))).resolves.toBeDefined();
  });
});
