import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

describe('CORS', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode({ CORS_ORIGINS: 'https://console.example.com' });
  });

  const preflight = (origin: string) =>
    node.call('OPTIONS', '/auth/login', {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  it('lets the pages of CORS_ORIGINS call', async () => {
    const { status, headers } = await preflight('https://console.example.com');
    expect(status).toBe(204);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['access-control-allow-origin']).toBe('https://console.example.com');
    const answer = await node.get('/me', { headers: { origin: 'https://console.example.com' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://console.example.com');
    expect(answer.headers['access-control-expose-headers']).toContain('X-Request-Id');
  });

  it('answers an OPTIONS that is no preflight without a body', async () => {
    expect(await node.call('OPTIONS', '/health/live', {})).toMatchObject({ status: 204, text: '' });
  });

  it('is nothing for a proxy that asks about a token, and takes an empty 204 for a yes', async () => {
    for (const path of [
      '/auth/verify',
      '/auth/verify?role=admin',
      '/auth/verify/',
      '/auth/verify/orders/1',
    ]) {
      const origin = { origin: 'https://console.example.com' };
      const preflighted = await node.call('OPTIONS', path, {
        headers: { ...origin, 'access-control-request-method': 'GET' },
      });
      expect(preflighted.status, path).toBeGreaterThanOrEqual(400);
      expect((await node.call('OPTIONS', path, {})).status, path).toBeGreaterThanOrEqual(400);
      const asked = await node.get(path, { headers: origin });
      expect(asked.status, path).toBe(401);
      expect(asked.headers, path).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('lets no others', async () => {
    expect((await preflight('https://evil.example')).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    const closed = await world.startNode();
    const answer = await closed.get('/me', { headers: { origin: 'https://console.example.com' } });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});
