import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { createVerifier, GuardError } from '../../guard/src/index.js';
import { runCommand } from '../harness/command.js';
import { ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const project = join(import.meta.dirname, '../..');
const examples = join(project, 'examples');
const tsc = join(project, 'node_modules/typescript/bin/tsc');
/** Nest 11 is below the example: the package must find that one, as in an installation of its own. */
const unpacked = join(examples, 'nest-11/node_modules/weapp-auth-guard');

/** Backends in processes of their own, on the package as npm would publish it. */
const backends = {
  express: 'express/server.js',
  fastify: 'fastify/server.js',
  'nest-11': 'nest-11/dist/main.js',
  'nest-12': 'nest-12/dist/main.js',
};

const built = mkdtempSync(join(tmpdir(), 'weapp-auth-receiver-'));
afterAll(() => rmSync(built, { recursive: true }));

const succeeds = (program: string, args: string[], cwd?: string) =>
  spawnSync(program, args, { cwd }).status === 0;

/** @returns undefined without Go, and where its modules cannot be fetched */
function buildGoReceiver(): string[] | undefined {
  cpSync(join(examples, 'receivers/receiver.go'), join(built, 'receiver.go'));
  const steps = [
    ['mod', 'init', 'receiver'],
    ['mod', 'tidy'],
    ['build', '-o', 'receiver'],
  ];
  return steps.every((step) => succeeds('go', step, built)) ? [join(built, 'receiver')] : undefined;
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('weapp-auth-guard and the service', () => {
  const world = useWorld();
  const started = new Map<string, ServiceNode>();
  let environment: Record<string, string>;
  let service: ServiceNode;

  async function startBackend(name: keyof typeof backends, issuer: string): Promise<ServiceNode> {
    const backend = await ServiceNode.start(
      { PATH: process.env['PATH'] ?? '', ISSUER: issuer, PORT: '0' },
      { main: join(examples, backends[name]), listening: /Orders are served at (\S+)/ },
    );
    world.nodes.push(backend);
    return backend;
  }

  beforeAll(async () => {
    execFileSync(process.execPath, [tsc, '-p', join(project, 'guard/tsconfig.build.json')]);
    pack();
    for (const example of ['nest-11', 'nest-12']) {
      execFileSync(process.execPath, [tsc, '-p', join(examples, example)]);
    }

    const port = await findFreePort();
    environment = { PORT: String(port), JWT_ISSUER: `http://127.0.0.1:${port}` };
    service = await world.startNode(environment);
    for (const name of Object.keys(backends) as (keyof typeof backends)[]) {
      started.set(name, await startBackend(name, service.url));
    }
  });
  afterAll(() => rmSync(unpacked, { recursive: true, force: true }));

  describe.each(Object.keys(backends))('examples/%s', (name) => {
    const backend = () => started.get(name)!;

    it('knows the user of a login', async () => {
      const { accessToken, user } = (await world.login(service, 'anna')).body;
      expect(await backend().get('/orders', bearer(accessToken))).toMatchObject({
        status: 200,
        body: { userId: user.id, appid: tea.appid, roles: [] },
      });
    });

    it('refuses a request as the service does', async () => {
      const own = await service.get('/me');
      const answer = await backend().get('/orders');
      const { requestId: _, ...problem } = own.body;
      expect(answer).toMatchObject({ status: own.status, body: problem });
      for (const header of ['www-authenticate', 'cache-control']) {
        expect(answer.headers[header]).toBe(own.headers[header]);
      }
      const { accessToken } = (await world.login(service, 'anna')).body;
      expect((await backend().get('/orders', bearer(`${accessToken}x`))).body.code).toBe('token_invalid');
    });

    it('lets in without a token where that is allowed', async () => {
      expect((await backend().get('/orders/health')).body).toEqual({ status: 'ok' });
      expect((await backend().get('/orders/offers')).body).toEqual({ userId: null });
      const { accessToken, user } = (await world.login(service, 'anna')).body;
      expect((await backend().get('/orders/offers', bearer(accessToken))).body).toEqual({ userId: user.id });
    });

    it('asks for a role', async () => {
      const { accessToken, user } = (await world.login(service, `bert of ${name}`)).body;
      expect(await backend().call('DELETE', '/orders', bearer(accessToken))).toMatchObject({
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
        body: { code: 'forbidden' },
      });
      await world.database.query(`UPDATE users SET roles = '{moderator}' WHERE id = $1`, [user.id]);
      const again = (await world.login(service, `bert of ${name}`)).body;
      expect((await backend().call('DELETE', '/orders', bearer(again.accessToken))).status).toBe(204);
    });

    it('takes the token of a session that has ended until it expires, as it does not ask', async () => {
      const { accessToken } = (await world.login(service, 'anna')).body;
      expect((await service.call('POST', '/auth/logout', bearer(accessToken))).status).toBe(204);
      await expect.poll(async () => (await service.me(accessToken)).body.code).toBe('session_revoked');
      expect((await backend().get('/orders', bearer(accessToken))).status).toBe(200);
    });
  });

  it('every backend takes the tokens of a new key after a rotation, and then none of the old one', async () => {
    const before = (await world.login(service, 'anna')).body.accessToken;
    for (const [name, backend] of started) {
      expect((await backend.get('/orders', bearer(before))).status, name).toBe(200);
    }
    const { code } = await runCommand('keys:rotate', ['--now'], world.environment(environment));
    expect(code).toBe(0);
    for (const [name, backend] of started) {
      await expect
        .poll(
          async () => {
            const { accessToken } = (await world.login(service, 'anna')).body;
            const { status } = await backend.get('/orders', bearer(accessToken));
            return { status, newKey: kidOf(accessToken) !== kidOf(before) };
          },
          { interval: 200, message: name },
        )
        .toEqual({ status: 200, newKey: true });
      expect((await backend.get('/orders', bearer(before))).body.code, name).toBe('token_invalid');
    }
  });

  it('a backend that asks refuses the token of a session that has ended', async () => {
    const verifier = createVerifier({ issuer: service.url, app: tea.appid, checkRevocation: true });
    const { accessToken, user } = (await world.login(service, 'anna')).body;
    await expect(verifier.verify(accessToken)).resolves.toMatchObject({ userId: user.id });
    await service.call('POST', '/auth/logout', bearer(accessToken));
    await expect
      .poll(() => verifier.verify(accessToken).catch((error: unknown) => (error as GuardError).body))
      .toMatchObject({ code: 'session_revoked', reason: 'signed_out' });
  });

  it('a backend that asks lets a changed role count at once', async () => {
    const verifier = createVerifier({ issuer: service.url, checkRevocation: true });
    const { id, accessToken } = await world.createAdmin(service);
    await expect(verifier.verify(accessToken)).resolves.toMatchObject({ roles: ['admin'] });
    const { body } = await world.login(service, 'carl');
    const admin = await world.login(service, 'operator');
    await expect(verifier.verify(body.accessToken)).resolves.toMatchObject({ roles: [] });
    const changed = await service.as(admin.body.accessToken, 'PATCH', `/admin/users/${body.user.id}`, {
      roles: ['moderator'],
    });
    expect([id, changed.status]).toEqual([admin.body.user.id, 200]);
    await expect
      .poll(() => verifier.verify(body.accessToken).catch((error: unknown) => (error as GuardError).code))
      .toBe('token_expired');
  });

  it('a backend refuses a role and another mini-program in the words of the service', async () => {
    const verifier = createVerifier({ issuer: service.url, app: 'wx00000000000000ff' });
    const { accessToken } = (await world.login(service, 'anna')).body;
    const { detail: otherApp } = (
      await service.get('/auth/verify?app=wx00000000000000ff', bearer(accessToken))
    ).body;
    await expect(verifier.verify(accessToken)).rejects.toMatchObject({
      code: 'forbidden',
      message: otherApp,
    });
    const { detail: noRole } = (await service.get('/auth/verify?role=moderator', bearer(accessToken))).body;
    const refused = await started.get('express')!.call('DELETE', '/orders', bearer(accessToken));
    expect(refused.body).toMatchObject({ code: 'forbidden', detail: noRole });
  });

  it('a backend whose service cannot be reached answers 503, and says when to come again', async () => {
    const backend = await startBackend('express', `http://127.0.0.1:${await findFreePort()}`);
    const { accessToken } = (await world.login(service, 'anna')).body;
    expect(await backend.get('/orders', bearer(accessToken))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'issuer_unavailable' },
    });
  });

  describe.each<[script: string, needs: string, prepare: () => string[] | undefined]>([
    [
      'receiver.py',
      'PyJWT and cryptography',
      () => {
        const programs = ['python3', '/usr/bin/python3'];
        const python = programs.find((name) => succeeds(name, ['-c', 'import jwt, cryptography']));
        return python === undefined ? undefined : [python, 'receiver.py'];
      },
    ],
    [
      'Receiver.java',
      'a JDK',
      () => (succeeds('java', ['--list-modules']) ? ['java', 'Receiver.java'] : undefined),
    ],
    [
      'receiver.php',
      'PHP with openssl',
      () =>
        succeeds('php', ['-r', "exit(extension_loaded('openssl') ? 0 : 1);"])
          ? ['php', 'receiver.php']
          : undefined,
    ],
    ['receiver.go', 'Go and its modules', buildGoReceiver],
  ])('examples/receivers/%s, if this machine has %s', (_script, _needs, prepare) => {
    const command = prepare();

    const receive = (token: string) =>
      spawnSync(command![0]!, command!.slice(1), {
        cwd: join(examples, 'receivers'),
        input: token,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ISSUER: service.url },
      });

    it.skipIf(command === undefined)('knows the user of a token, and refuses a changed one', async () => {
      const { accessToken, user } = (await world.login(service, 'anna')).body;
      expect(receive(accessToken)).toMatchObject({ status: 0, stdout: `${user.id}\n` });
      const [header, payload, signature] = accessToken.split('.');
      const other = Buffer.from(payload, 'base64url').toString().replace('"roles":[]', '"roles":["admin"]');
      const forged = [header, Buffer.from(other).toString('base64url'), signature].join('.');
      const refused = receive(forged);
      expect(refused.status).not.toBe(0);
      expect(refused.stdout).not.toContain(user.id);
    });
  });
});

/** Lays the package where an installation would. */
function pack(): void {
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-guard-'));
  try {
    const options = ['--workspace', 'guard', '--ignore-scripts', '--silent', '--pack-destination', directory];
    const packed = execFileSync('npm', ['pack', ...options], { cwd: project, encoding: 'utf8' });
    execFileSync('tar', ['-xzf', packed.trim().split('\n').at(-1)!], { cwd: directory });
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked, { recursive: true });
    cpSync(join(directory, 'package'), unpacked, { recursive: true });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
