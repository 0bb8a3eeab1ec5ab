import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accountFor, giveTo } from '../../dev/postgres-account.js';
import { type Postgres, removePostgres, startPostgres } from '../../dev/postgres.js';
import { type Certificate, makeCertificate } from '../harness/certificates.js';
import { runCommand } from '../harness/command.js';
import { countLockWaits } from '../harness/database.js';
import { useWorld } from '../harness/world.js';

const password = 'winter-Snow-2026';

describe('Postgres over TLS', () => {
  const world = useWorld();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'weapp-auth-tls-'));
  // Outside of what only root may enter: the account of Postgres reads it, too.
  const files = mkdtempSync('/var/tmp/weapp-auth-tls-');
  const caFile = join(files, 'ca.pem');
  const ca = { ...makeCertificate({ commonName: 'A private CA' }), commonName: 'A private CA' };
  let postgres: Postgres;

  beforeAll(async () => {
    const { certificate, key } = makeCertificate({ commonName: 'db', names: ['localhost'], issuer: ca });
    chmodSync(files, 0o755);
    writeFileSync(caFile, ca.certificate);
    const own = join(files, 'server');
    mkdirSync(own);
    writeFileSync(join(own, 'server.pem'), certificate);
    writeFileSync(join(own, 'server.key'), key, { mode: 0o600 });
    writeFileSync(join(own, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
    giveTo(accountFor(join(dataDirectory, 'cluster')), own, { recursive: true });
    postgres = await startPostgres({
      dataDirectory,
      settings: {
        ssl: 'on',
        ssl_cert_file: join(own, 'server.pem'),
        ssl_key_file: join(own, 'server.key'),
        hba_file: join(own, 'pg_hba.conf'),
      },
    });
  });
  afterAll(async () => {
    await postgres.stop();
    removePostgres(dataDirectory);
    rmSync(files, { recursive: true });
  });

  /** The database by a name that its certificate has, or by another. */
  function urlOf(parameters: string, host = 'localhost'): string {
    return postgres.url('postgres').replace('127.0.0.1', host) + parameters;
  }

  async function diagnose(databaseUrl: string): Promise<string> {
    const { code, stdout, stderr } = await runCommand(
      'doctor',
      [],
      world.environment({ DATABASE_URL: databaseUrl }),
    );
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain(new URL(databaseUrl).password);
    return stdout.split('\n').find((line) => line.startsWith('✗ database: '))!;
  }

  /** What speaks as Postgres does until TLS begins, with any certificate. */
  async function impostor(certificate: Certificate): Promise<string> {
    const secureContext = createSecureContext({ cert: certificate.certificate, key: certificate.key });
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('S');
        new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {});
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `postgres://weapp:${password}@localhost:${(server.address() as AddressInfo).port}/weapp`;
  }

  it.each([
    ['verify-full and the CA', (file: string) => `?sslmode=verify-full&sslrootcert=${file}`],
    ['no-verify', () => '?sslmode=no-verify'],
    ['require as libpq means it', () => '?uselibpqcompat=true&sslmode=require'],
  ])('works with %s', async (_, parameters) => {
    const node = await world.startNode({ DATABASE_URL: urlOf(parameters(caFile)) });
    expect((await world.login(node, 'anna')).status).toBe(200);
  });

  it('cancels what it gives up over TLS, too: Postgres does not go on waiting for a lock', async () => {
    const url = urlOf('?sslmode=no-verify');
    const node = await world.startNode({ DATABASE_URL: url });
    await world.login(node, 'bert');
    await world.hold('SELECT FROM users FOR UPDATE', [], url);
    const login = world.login(node, 'bert');
    await expect.poll(() => countLockWaits(url)).toBe(1);
    expect(await login).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    await expect.poll(() => countLockWaits(url)).toBe(0);
  });

  it('works by another name if only the CA is looked at', async () => {
    const parameters = `?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${caFile}`;
    const node = await world.startNode({ DATABASE_URL: urlOf(parameters, '127.0.0.1') });
    expect((await world.login(node, 'anna')).status).toBe(200);
  });

  it('is wanted by the server: that is said, and how', async () => {
    expect(await diagnose(urlOf('', '127.0.0.1'))).toMatch(
      /\(28000\)\. It may want TLS: .*sslmode=verify-full/,
    );
    const node = world.launchNode({ DATABASE_URL: urlOf('', '127.0.0.1') });
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain('sslmode=verify-full');
    expect(node.output).not.toContain('"stack"');
    expect(node.output).not.toContain('Retrying');
  });

  it('is not offered by the server: that is said, and how', async () => {
    expect(await diagnose(`${world.database.url}?sslmode=verify-full`)).toMatch(
      /does not offer TLS.*sslmode=disable/,
    );
  });

  it('with a CA that this machine does not trust names the parameter', async () => {
    const fault = await diagnose(urlOf('?sslmode=verify-full'));
    expect(fault).toMatch(/no CA that this machine trusts \(\w+\)\. Add sslrootcert=FILE/);
    expect(fault).toContain('docs/guides/postgres.md');
  });

  it('with a certificate that signs itself names the parameter', async () => {
    const url = await impostor(makeCertificate({ commonName: 'localhost', names: ['localhost'] }));
    expect(await diagnose(`${url}?sslmode=require`)).toMatch(
      /\(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Add sslrootcert=FILE/,
    );
  });

  it('with a certificate for another name says which name was asked for', async () => {
    const fault = await diagnose(urlOf(`?sslmode=verify-full&sslrootcert=${caFile}`, '127.0.0.1'));
    expect(fault).toMatch(/for another name than 127\.0\.0\.1 .*sslmode=verify-ca/);
  });

  it('with a certificate that has expired says so', async () => {
    const validTo = new Date('2021-01-01T00:00:00Z');
    const url = await impostor(
      makeCertificate({ commonName: 'db', names: ['localhost'], issuer: ca, validTo }),
    );
    expect(await diagnose(`${url}?sslmode=verify-full&sslrootcert=${caFile}`)).toMatch(
      /not valid at this time \(CERT_HAS_EXPIRED\)\. Renew it/,
    );
  });

  it.each([
    ['cannot be read', 'missing.pem', /cannot be read: .*missing\.pem \(ENOENT\)/],
    ['is no certificate', 'server/pg_hba.conf', /PEM/],
  ])('with an sslrootcert that %s says so', async (_, file, words) => {
    expect(await diagnose(urlOf(`?sslmode=verify-full&sslrootcert=${join(files, file)}`))).toMatch(words);
  });

  it('holds nothing secret after all this', async () => {
    world.keepSecret(password);
    world.keepSecret(new URL(postgres.url('postgres')).password);
    await world.expectSecretsKept(urlOf('?sslmode=no-verify'));
  });
});
