import { Injectable } from '@nestjs/common';
import { AuditLogService } from '../audit/audit-log.service.js';
import { BackgroundTask, type Task } from '../background/background-task.js';
import { Settings } from '../config/settings.js';
import { WebhookMessagesService } from '../events/webhook-messages.service.js';
import { WebhookQueue } from './webhook-queue.js';

/** Sends the messages of all webhooks. A slow webhook does not delay the others. */
@Injectable()
@BackgroundTask()
export class WebhooksTask implements Task {
  readonly #queues: WebhookQueue[];

  constructor({ webhooks }: Settings, messages: WebhookMessagesService, audit: AuditLogService) {
    this.#queues = webhooks.map((webhook) => new WebhookQueue(webhook, messages, audit));
  }

  async start(): Promise<void> {
    for (const queue of this.#queues) queue.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.stop()));
  }
}
