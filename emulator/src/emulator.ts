import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultApps, parseApp, type AppInput } from './state/apps.js';
import { createHttpServer } from './http-server.js';
import { Phone } from './phone/phone.js';
import { WechatState } from './state/wechat-state.js';

export interface EmulatorOptions {
  /** 0, the default: any free port. */
  port?: number;
  /** Loopback unless told otherwise. */
  host?: string;
  /** Host names and addresses by which it may be called, beside those of its own machine and `host`. */
  allowedHosts?: readonly string[];
  /** In place of the three default apps; what is left out of each is made up. */
  apps?: readonly AppInput[];
}

/** A running emulator. */
export interface Emulator {
  /** What a backend takes for WeChat's address, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** What the control calls show and change, for tests in the same process. */
  readonly wechat: WechatState;
  /** What the calls and buttons of a phone give, for tests in the same process. */
  readonly phone: Phone;
  /** Drops all connections and answers under way. Can be called again. */
  close(): Promise<void>;
}

/** Starts an emulator; resolves once it listens. */
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

/** An address that stands for all interfaces is none to connect to. */
function urlOf({ address, family, port }: AddressInfo): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}
