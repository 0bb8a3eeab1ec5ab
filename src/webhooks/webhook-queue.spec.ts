import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AuditLogService } from '../audit/audit-log.service.js';
import type { ClaimedMessage, WebhookMessagesService } from '../events/webhook-messages.service.js';
import { maxConcurrent, WebhookQueue } from './webhook-queue.js';
import { WebhookSender } from './webhook-sender.js';

describe('the queue of a webhook', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('stops with all the messages in hand that it may have, and leaves them to other nodes', async () => {
    let close = (): void => {};
    const closed = new Promise<string>((resolve) => (close = () => resolve('closed')));
    // The receiver never answers.
    const send = vi.spyOn(WebhookSender.prototype, 'send').mockReturnValue(closed);
    vi.spyOn(WebhookSender.prototype, 'close').mockImplementation(async () => close());
    const waiting = Array.from(
      { length: 2 * maxConcurrent },
      (_, id) => ({ id }) as unknown as ClaimedMessage,
    );
    const messages = {
      claim: async (_: string, limit: number) => waiting.splice(0, limit),
      postpone: vi.fn<WebhookMessagesService['postpone']>(),
    };
    const webhook = { url: 'http://127.0.0.1:9', secret: [Buffer.alloc(32).toString('base64')], events: [] };
    const queue = new WebhookQueue(
      webhook,
      messages as unknown as WebhookMessagesService,
      {} as AuditLogService,
    );
    queue.start();
    await expect.poll(() => send.mock.calls.length).toBe(maxConcurrent);
    await queue.stop();

    expect(messages.postpone.mock.calls).toEqual(
      Array.from({ length: maxConcurrent }, (_, id) => [{ id }, 0]),
    );
    expect(waiting).toHaveLength(maxConcurrent);
  });
});
