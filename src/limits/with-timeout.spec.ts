import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withTimeout } from './with-timeout.js';

/** Both ends of a connection. */
async function connection(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    near.destroy();
    server.close();
  });
  return [near, far];
}

function standStill(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

describe('withTimeout', () => {
  it('returns the outcome', async () => {
    expect(await withTimeout(10_000, Promise.resolve(true))).toBe(true);
    expect(await withTimeout(10_000, Promise.resolve(false))).toBe(false);
  });

  it('returns undefined if the work takes longer', async () => {
    expect(await withTimeout(5, new Promise<boolean>(() => {}))).toBeUndefined();
  });

  it('throws what the work throws', async () => {
    await expect(withTimeout(10_000, Promise.reject(new Error('so')))).rejects.toThrow('so');
  });

  it('returns an outcome that arrived while the process was suspended', async () => {
    const [near, far] = await connection();
    const answered = once(near, 'data').then(() => true);
    const found = withTimeout(20, answered);
    far.write('!');
    standStill(60);
    expect(await found).toBe(true);
  });
});
