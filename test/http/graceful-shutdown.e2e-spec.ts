import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { useWorld } from '../harness/world.js';

describe('graceful shutdown', () => {
  const world = useWorld();

  describe('on SIGTERM', () => {
    it('finishes what runs, is not ready meanwhile, then takes nothing new, and ends with code 0', async () => {
      const stopping = await world.startNode();
      await world.login(stopping, 'anna');
      const letGo = await world.hold('SELECT FROM users FOR UPDATE');
      const login = world.login(stopping, 'anna');
      await world.waitsForLock();
      const exit = stopping.stop('SIGTERM');

      await expect
        .poll(async () => (await stopping.get('/health/ready')).body)
        .toMatchObject({ status: 503, code: 'overloaded' });
      expect((await stopping.get('/health/live')).status).toBe(200);
      await letGo();
      expect((await login).status).toBe(200);
      expect(await exit).toBe(0);
      await expect(stopping.get('/health/live')).rejects.toThrow('ECONNREFUSED');
    });

    it('closes a connection that has sent nothing, and answers one that has begun a request', async () => {
      const stopping = await world.startNode();
      const { hostname, port } = new URL(stopping.url);
      const [silent, begun] = [connect(Number(port), hostname), connect(Number(port), hostname)];
      begun.write('GET /health/live HTTP/1.1\r\n');
      await Promise.all([once(silent, 'connect'), once(begun, 'connect')]);
      await expect.poll(async () => (await stopping.get('/health/live')).status).toBe(200);
      const exit = stopping.stop('SIGTERM');
      await once(silent.resume(), 'close');
      begun.write('Host: a\r\n\r\n');
      const [answer] = await once(begun, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
      expect(await exit).toBe(0);
    });

    it('cuts off after ten seconds what does not come to an end', async () => {
      const stopping = await world.startNode();
      const { hostname, port } = new URL(stopping.url);
      const hanging = connect(Number(port), hostname);
      hanging.on('error', () => {});
      hanging.write(
        'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );
      await once(hanging, 'connect');
      await expect.poll(async () => (await stopping.get('/health/live')).status).toBe(200);
      const begun = performance.now();
      expect(await stopping.stop('SIGTERM')).toBe(0);
      expect(performance.now() - begun).toBeLessThan(45_000);
      hanging.destroy();
    });
  });
});
