import { AsyncLocalStorage } from 'node:async_hooks';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import type { Database } from '../database/database.js';
import type { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import type { UsersService } from '../users/users.service.js';
import { ScanEventsService } from './scan-events.service.js';

describe('the events of a scan', () => {
  it('end for a page that comes while the last one goes out to a slower page', async () => {
    const query = vi
      .fn<() => Promise<object[]>>()
      .mockResolvedValueOnce([{ id: 'scan', state: 'denied', userId: null }])
      .mockResolvedValue([]);
    const events = new ScanEventsService(
      { query } as unknown as Database,
      {} as UsersService,
      {} as UserResponseMapper,
    );
    const slow = events.subscribe('scan');
    await expect.poll(() => slow.readableLength).toBeGreaterThan(10);
    expect(await text(events.subscribe('scan'))).toContain('event: denied');
    slow.destroy();
    await events.stop();
  });

  it('come by polls that are no part of the request of a page, so that its trace has none', async () => {
    const requests = new AsyncLocalStorage<string>();
    const query = vi.fn<() => Promise<unknown[]>>(async () => {
      contexts.push(requests.getStore());
      return [];
    });
    const contexts: (string | undefined)[] = [];
    const events = new ScanEventsService(
      { query } as unknown as Database,
      {} as UsersService,
      {} as UserResponseMapper,
    );
    const page = requests.run('request', () => events.subscribe('scan'));
    await expect.poll(() => contexts.length).toBeGreaterThan(1);
    page.destroy();
    await events.stop();
    expect(new Set(contexts)).toEqual(new Set([undefined]));
  });
});
