import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../harness/certificates.js';
import { runCommand } from '../harness/command.js';
import { tea, useWorld } from '../harness/world.js';

/** A name that only the proxy can lead anywhere, and that the certificate is for. */
const wechatName = 'api.wechat.test';
const wechatUrl = `https://${wechatName}`;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('WeChat behind an HTTP proxy', () => {
  const world = useWorld();
  const servers: Server[] = [];
  /** What the proxy was asked for: `CONNECT` targets, and by whom. */
  let tunnels: { target: string; authorization: string | undefined }[] = [];
  let proxyHost: string;
  let directory: string;
  /** What the service has to believe, beside the CAs of Node. */
  let caFile: string;
  /** Compresses what the emulator answers. */
  let compress: { encoding: string; pack: (body: Buffer) => Buffer } | undefined;
  let compressingUrl: string;

  /** Hands a request on to the emulator. */
  const forward: RequestListener = (incoming, response) => {
    const { method, url } = incoming;
    // The emulator is called by names of its own machine alone.
    const headers = { ...incoming.headers, host: new URL(world.emulator.url).host };
    const outgoing = request(new URL(url!, world.emulator.url), { method, headers }, (answer) => {
      void bodyOf(answer).then((body) => {
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = answer.headers;
        response.writeHead(answer.statusCode!, {
          ...kept,
          ...(compress !== undefined && { 'content-encoding': compress.encoding }),
        });
        response.end(compress === undefined ? body : compress.pack(body));
      });
    });
    incoming.pipe(outgoing);
  };

  async function bodyOf(message: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  beforeAll(async () => {
    const ca = makeCertificate({ commonName: 'CA' });
    const { certificate, key } = makeCertificate({
      commonName: wechatName,
      names: [wechatName],
      issuer: { ...ca, commonName: 'CA' },
    });
    directory = mkdtempSync(join(tmpdir(), 'weapp-auth-proxy-'));
    caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, ca.certificate);
    const tls = { cert: certificate, key };
    const wechat = createTlsServer(tls, forward);
    const wechatPort = await listen(wechat);
    const proxy = createServer((_, response) => response.writeHead(405).end());
    proxy.on('connect', ({ url, headers }: IncomingMessage, client: Socket, head: Buffer) => {
      tunnels.push({ target: url!, authorization: headers['proxy-authorization'] });
      const upstream = connect(wechatPort, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    });
    proxyHost = `127.0.0.1:${await listen(proxy)}`;
    const compressing = createServer(forward);
    compressingUrl = `http://127.0.0.1:${await listen(compressing)}`;
    servers.push(wechat, proxy, compressing);
  });
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    tunnels = [];
    compress = undefined;
  });

  const throughProxy = (changes: Record<string, string>) => ({
    WECHAT_BASE_URL: wechatUrl,
    NODE_EXTRA_CA_CERTS: caFile,
    ...changes,
  });
  const target = 'api.wechat.test:443';

  it.each(['HTTPS_PROXY', 'https_proxy'])('is called through the proxy of %s', async (name) => {
    const node = await world.startNode(throughProxy({ [name]: `http://${proxyHost}` }));
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect(tunnels.map((tunnel) => tunnel.target)).toContain(target);
  });

  it('is called through a proxy that is written without a scheme', async () => {
    const node = await world.startNode(throughProxy({ HTTPS_PROXY: proxyHost }));
    expect((await world.login(node, 'anna')).status).toBe(200);
    expect(tunnels.map((tunnel) => tunnel.target)).toContain(target);
  });

  it('is called through a proxy that wants a password, which is in no log', async () => {
    const node = await world.startNode(
      throughProxy({ HTTPS_PROXY: `http://weapp:sesam%40open@${proxyHost}`, LOG_LEVEL: 'trace' }),
    );
    expect((await world.login(node, 'anna')).status).toBe(200);
    const basic = `Basic ${Buffer.from('weapp:sesam@open').toString('base64')}`;
    expect(tunnels[0]).toEqual({ target, authorization: basic });
    expect(node.output).not.toMatch(/sesam/);
  });

  it.each([
    ['NO_PROXY', 'example.com, wechat.test'],
    ['no_proxy', '*'],
  ])('is called directly if %s is %s', async (name, hosts) => {
    const node = await world.startNode(throughProxy({ HTTPS_PROXY: `http://${proxyHost}`, [name]: hosts }));
    // Without the proxy nothing leads there.
    expect((await world.login(node, 'anna')).body.code).toBe('wechat_unavailable');
    expect(tunnels).toEqual([]);
  });

  it.each(['http://127.0.0.1:1', 'socks5://127.0.0.1:1'])(
    'is called directly if it is the emulator on loopback, whatever HTTPS_PROXY is: %s',
    async (proxy) => {
      const node = await world.startNode({ HTTPS_PROXY: proxy, https_proxy: proxy });
      expect((await world.login(node, 'anna')).status).toBe(200);
    },
  );

  it('is not called at all if the proxy is none that can be used: the start is refused without its password', async () => {
    const node = world.launchNode(throughProxy({ HTTPS_PROXY: 'socks5://weapp:sesam@127.0.0.1:1080' }));
    expect(await node.exit()).toBe(1);
    expect(node.output).toMatch(/HTTPS_PROXY must be the http:\/\/ or https:\/\/ URL of a proxy/);
    expect(node.output).not.toContain('sesam');
  });

  it('is found by doctor, which names the proxy', async () => {
    const { stdout } = await runCommand(
      'doctor',
      [],
      world.environment(throughProxy({ HTTPS_PROXY: `http://weapp:sesam@${proxyHost}` })),
    );
    expect(stdout).toContain(`through the proxy ${proxyHost}`);
    expect(stdout).toContain('✓ WeChat: reachable');
    expect(stdout).not.toContain('sesam');
    expect(tunnels.length).toBeGreaterThan(0);
  });

  it('is missed by doctor if the proxy is away, which is named', async () => {
    const { code, stdout } = await runCommand(
      'doctor',
      [],
      world.environment(throughProxy({ HTTPS_PROXY: 'http://127.0.0.1:1' })),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ WeChat: .*through the proxy of HTTPS_PROXY, 127\.0\.0\.1:1/);
  });

  describe('compressed by the proxy', () => {
    /** Made beforehand: WeChat has three seconds. */
    const bomb = gzipSync(Buffer.alloc(100_000_000));

    it.each<[string, string, (body: Buffer) => Buffer]>([
      ['gzip', 'gzip', gzipSync],
      ['gzip in capitals', 'GZIP', gzipSync],
      ['deflate', 'deflate', deflateSync],
      ['deflate without a header', 'deflate', deflateRawSync],
      ['br', 'br', brotliCompressSync],
    ])('is read: %s', async (_, encoding, pack) => {
      compress = { encoding, pack };
      const node = await world.startNode({ WECHAT_BASE_URL: compressingUrl });
      const login = await world.login(node, 'anna');
      expect(login.status).toBe(200);
      expect((await node.as(login.body.accessToken, 'GET', '/me/session-key')).body).toEqual({ valid: true });
    });

    it.each<[string, (body: Buffer) => Buffer, RegExp]>([
      ['that is not', (body) => body, /malformed: .*not compressed as its Content-Encoding says/],
      ['of which 100 MB would come', () => bomb, /malformed: .*too long/],
    ])('is no answer if something calls itself so %s', async (_, pack, words) => {
      compress = { encoding: 'gzip', pack };
      const node = await world.startNode({ WECHAT_BASE_URL: compressingUrl });
      const code = await world.code('anna');
      expect((await node.login({ code, appid: tea.appid })).body.code).toBe('wechat_unavailable');
      await expect.poll(() => node.output).toMatch(words);
    });
  });
});
