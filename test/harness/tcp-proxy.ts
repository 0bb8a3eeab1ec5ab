import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What stands between a node and Postgres: a TCP proxy that leads each new connection to `port`. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Changes what Postgres sends. */
  rewrite: (chunk: Buffer) => Buffer = (chunk) => chunk;

  /** Where new connections lead to, on 127.0.0.1. Open ones stay where they are. */
  port: number;

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer((client) => this.serve(client));
  }

  static async start(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The URL of a database, by way of this proxy. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Ends every open connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  private serve(client: Socket): void {
    const server = connect(this.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    server.on('data', (chunk) => client.write(this.rewrite(chunk)));
  }
}
