import { once } from 'node:events';
import { request, type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** Serves it on a free port of this machine until the test ends. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

/** A request whose Authorization header may be missing, or be there several times. */
export async function call(url: string, authorization: string[] = [], method = 'GET'): Promise<Answer> {
  const headers = authorization.length > 0 ? { authorization } : {};
  const sent = request(url, { method, headers: headers as never, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const body = await text(response);
  return {
    status: response.statusCode!,
    headers: response.headers,
    body: body === '' ? undefined : JSON.parse(body),
  };
}
