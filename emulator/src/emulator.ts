import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultApps, parseApp, type AppInput } from './state/apps.js';
import { createHttpServer } from './http-server.js';
import { Phone } from './phone/phone.js';
import { WechatState } from './state/wechat-state.js';

export interface EmulatorOptions {
  /** Default: 0, any free port. */
  port?: number;
  /** Default: loopback. */
  host?: string;
  /** Additional host names and addresses in the `Host` header, beside those of this machine and `host`. */
  allowedHosts?: readonly string[];
  /** Replaces the three default apps. Missing fields get generated values. */
  apps?: readonly AppInput[];
}

/** A running emulator. */
export interface Emulator {
  /** The address that a backend uses instead of WeChat's, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The state behind the control calls, for tests in the same process. */
  readonly wechat: WechatState;
  /** The calls and buttons of a phone, for tests in the same process. */
  readonly phone: Phone;
  /** Closes all connections, also those in use. May be called more than once. */
  close(): Promise<void>;
}

/** Starts an emulator, and resolves when it listens. */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1', allowedHosts = [], apps = defaultApps } = options;
  const wechat = new WechatState(apps.map((app) => parseApp({ ...app })));
  const server = createHttpServer(wechat, [host, ...allowedHosts]);
  const address = await listen(server, port, host);
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(address),
    port: address.port,
    wechat,
    phone: new Phone(wechat),
    close: () => (closed ??= close(server)),
  };
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A client cannot connect to the address that means all interfaces. */
function urlOf({ address, family, port }: AddressInfo): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}
