import { PassThrough } from 'node:stream';
import { fastify } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import type { LiveEvent } from '../server/live-events.js';
import { watchWebCalls } from '../server/web-calls.js';

const server = fastify();
afterEach(() => server.close());

it('tells of what web pages ask, and of what the service pushes to them, without codes and tokens', async () => {
  const events: LiveEvent[] = [];
  const stream = new PassThrough();
  watchWebCalls(server, (event) => events.push(event));
  server.post('/oauth/device_authorization/events', (_request, reply) =>
    reply.type('text/event-stream').send(stream),
  );
  server.get('/scan-codes/:scene', () => 'image of the secret scene');
  server.get('/me', () => 'somebody');
  const url = await server.listen({ port: 0, host: '127.0.0.1' });

  await (await fetch(`${url}/me`)).text();
  await (await fetch(`${url}/scan-codes/secret-scene`)).text();
  stream.write(': comment\n\n');
  const pushed = await fetch(`${url}/oauth/device_authorization/events?device_code=secret-code`, {
    method: 'POST',
  });
  stream.write('event: scanned\ndata: {"nickname":"secret name"}\n\n');
  stream.end('event: denied\ndata: {}\n\n');
  await pushed.text();

  const at = expect.any(Number);
  const [first, second] = [1, 2];
  await expect
    .poll(() => events)
    .toEqual([
      { type: 'web-call-started', id: first, at, method: 'GET', path: '/scan-codes' },
      { type: 'web-call-ended', id: first, at, status: 200 },
      {
        type: 'web-call-started',
        id: second,
        at,
        method: 'POST',
        path: '/oauth/device_authorization/events',
      },
      { type: 'web-push', at, name: 'scanned' },
      { type: 'web-push', at, name: 'denied' },
      { type: 'web-call-ended', id: second, at, status: 200 },
    ]);
  expect(JSON.stringify(events)).not.toContain('secret');
});
