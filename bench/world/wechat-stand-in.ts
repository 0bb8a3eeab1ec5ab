import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unionidOf } from './users.js';

/** A server in WeChat's place. */
export interface WechatStandIn {
  url: string;
  /** Milliseconds that each answer takes. */
  delayMs: number;
  close: () => Promise<void>;
}

/** A code that the stand-in takes. No two may have the same serial. */
export function loginCode(openid: string, serial: number): string {
  return `${openid}.${serial}`;
}

/**
 * Answers code2Session and webhook messages at once, and to everybody: the code names the openid. It costs a tenth of the emulator's work, and
 * a benchmark is about the other side. Each login gets a new session_key, as at WeChat.
 */
export async function startWechatStandIn(): Promise<WechatStandIn> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      request.resume();
      response.writeHead(204).end();
      return;
    }
    const code = new URL(request.url!, 'http://wechat').searchParams.get('js_code')!;
    const openid = code.slice(0, code.indexOf('.'));
    const body = JSON.stringify({
      session_key: randomBytes(16).toString('base64'),
      openid,
      unionid: unionidOf(openid),
    });
    const answer = () => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    };
    if (standIn.delayMs === 0) answer();
    else setTimeout(answer, standIn.delayMs);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: WechatStandIn = {
    delayMs: 0,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return standIn;
}
