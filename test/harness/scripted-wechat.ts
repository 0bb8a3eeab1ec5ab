import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What WeChat, or a proxy in its place, answers to a code. */
export interface ScriptedSession {
  openid: string;
  unionid?: unknown;
}

/** A server in WeChat's place that answers what a test wants: each code carries its own answer. */
export class ScriptedWechat {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedWechat> {
    const server = createServer(({ url }, response) => {
      const code = new URL(url!, 'http://wechat').searchParams.get('js_code') ?? '';
      const { session } = JSON.parse(Buffer.from(code, 'base64url').toString());
      response.end(JSON.stringify({ session_key: `${'A'.repeat(22)}==`, ...session }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedWechat(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  #codes = 0;

  /** A code that was never used. */
  code(session: ScriptedSession): string {
    this.#codes += 1;
    return Buffer.from(JSON.stringify({ session, number: this.#codes })).toString('base64url');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
