import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createEmulator, defaultApps, type Emulator } from '../../emulator/src/index.js';
import { findFreePort } from '../../dev/ports.js';
import { Playground } from '../server/playground.js';

/** A request to the service. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;

/** A playground in front of a service that records requests and answers `{"ok":true}`. */
export class TestPlayground {
  readonly received: Received[] = [];
  readonly server: FastifyInstance = fastify();
  emulator: Emulator;
  port = 0;
  #service: Server;
  #playground: Playground;

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        response.setHeader('content-type', 'application/json');
        response.setHeader('x-request-id', String(headers['x-request-id']));
        response.writeHead(request.url === '/gone' ? 410 : 200).end('{"ok":true}');
      });
    }).listen(0, '127.0.0.1');
    await once(this.#service, 'listening');
    this.emulator = await createEmulator();
    // The playground needs its port before it listens.
    const port = await findFreePort();
    this.port = port;
    this.#playground = new Playground({
      built: {
        page: { contentType: 'text/html', body: Buffer.from('<h1>page</h1>') },
        files: new Map([['page.js', { contentType: 'text/javascript', body: Buffer.from('') }]]),
        baseUrl: 'http://127.0.0.1:3000',
      },
      emulator: this.emulator,
      serviceUrl: `http://127.0.0.1:${(this.#service.address() as AddressInfo).port}`,
      port,
      // Nothing listens there: these tests need no database.
      databaseUrl: 'postgres://127.0.0.1:1/none',
      apps: defaultApps,
      hasConsole: true,
      adminName: 'admin',
      grantAdmin: async () => {},
      webhookSecret,
    });
    await this.#playground.addTo(this.server);
    await this.server.listen({ port, host: '127.0.0.1' });
  }

  async stop(): Promise<void> {
    await this.#playground.stop();
    await this.server.close();
    await this.emulator.close();
    this.#service.close();
  }
}

export function usePlayground(): TestPlayground {
  const playground = new TestPlayground();
  beforeAll(() => playground.start());
  beforeEach(() => {
    playground.received.length = 0;
    playground.emulator.wechat.reset();
  });
  afterAll(() => playground.stop());
  return playground;
}
