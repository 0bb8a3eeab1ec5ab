import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type AuditLogService, serviceActor } from '../audit/audit-log.service.js';
import type { Webhook } from '../config/settings.js';
import { describeError } from '../errors/describe-error.js';
import type { ClaimedMessage, WebhookMessagesService } from '../events/webhook-messages.service.js';
import { maxAttempts, retryDelaySeconds } from './retry-delay.js';
import { WebhookSender } from './webhook-sender.js';

/** Messages of one webhook that a node sends at a time. It has no others in memory. */
export const maxConcurrent = 10;

/** Milliseconds between two looks for messages, if there was none. */
const pollIntervalMs = 1_000;

/** Milliseconds that messages may still take when the node stops. */
const stopTimeoutMs = 1_000;

/** Sends the messages of one webhook, those of a user one after the other. */
export class WebhookQueue {
  readonly #logger = new Logger(WebhookQueue.name);
  readonly #sender: WebhookSender;
  /** What log and audit log call the webhook: the path of its URL can be a secret. */
  readonly #origin: string;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #work: Promise<void> = Promise.resolve();
  /** Whether the last attempt has failed: only changes are logged. */
  #isFailing = false;

  constructor(
    private readonly webhook: Webhook,
    private readonly messages: WebhookMessagesService,
    private readonly audit: AuditLogService,
  ) {
    this.#sender = new WebhookSender(webhook, maxConcurrent);
    this.#origin = new URL(webhook.url).origin;
  }

  start(): void {
    this.#work = this.work();
  }

  /** What is being sent has a second. After that, another node sends it again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    // With as many messages in hand as it may have, the work goes on until one of them ends.
    const ended = this.#work.then(() => Promise.all(this.#running));
    await Promise.race([ended, sleep(stopTimeoutMs, undefined, { ref: false })]);
    await this.#sender.close();
    await ended;
  }

  private async work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const claimed = await this.claim();
      for (const message of claimed) this.begin(message);
      if (this.#running.size >= maxConcurrent) await Promise.race(this.#running);
      else if (claimed.length === 0) await this.waitForNextPoll();
    }
  }

  /** Resolves at the time of the next look, or when the node stops. */
  private async waitForNextPoll(): Promise<void> {
    const { signal } = this.#stop;
    await sleep(pollIntervalMs, undefined, { ref: false, signal }).catch(() => {});
  }

  private async claim(): Promise<ClaimedMessage[]> {
    try {
      return await this.messages.claim(this.webhook.url, maxConcurrent - this.#running.size);
    } catch (error) {
      // Other parts of the node tell of a database that is away.
      this.#logger.debug({
        message: 'The messages for a webhook could not be read.',
        error: describeError(error),
      });
      return [];
    }
  }

  private begin(message: ClaimedMessage): void {
    const running = this.deliver(message)
      .catch((error: unknown) => {
        // The message is sent again, by whichever node.
        this.#logger.warn({
          message: 'What became of a webhook message could not be stored.',
          error: describeError(error),
        });
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Sends a message, and those of the same user after it. */
  private async deliver(first: ClaimedMessage): Promise<void> {
    for (let message: ClaimedMessage | undefined = first; message !== undefined;) {
      const failure: string | undefined = await this.#sender.send(message);
      const isStopping = this.#stop.signal.aborted;
      if (failure === undefined) {
        this.tellSuccess();
        message = await this.messages.settle(message, { takesNext: !isStopping });
        continue;
      }
      if (isStopping) return this.messages.postpone(message, 0);
      this.tellFailure(failure);
      if (message.attempts >= maxAttempts) return this.giveUp(message, failure);
      return this.messages.postpone(message, retryDelaySeconds(message.attempts));
    }
  }

  private async giveUp(message: ClaimedMessage, reason: string): Promise<void> {
    const { messageId, userId, type } = message;
    await this.messages.giveUp(message, async (manager) => {
      await this.audit.record(manager, {
        ...serviceActor,
        action: 'webhook.undelivered',
        userId,
        details: { messageId, type, webhook: this.#origin, reason },
      });
    });
  }

  private tellFailure(failure: string): void {
    if (!this.#isFailing) {
      this.#logger.warn(
        `The webhook at ${this.#origin} does not take messages: ${failure}. They are sent again.`,
      );
    }
    this.#isFailing = true;
  }

  private tellSuccess(): void {
    if (this.#isFailing) this.#logger.log(`The webhook at ${this.#origin} takes messages again.`);
    this.#isFailing = false;
  }
}
