import type { LookupFunction } from 'node:net';
import { Webhook as Signer } from 'standardwebhooks';
import { Pool } from 'undici';
import type { Webhook } from '../config/settings.js';
import type { ClaimedMessage } from '../events/webhook-messages.service.js';
import { lookupFor } from './public-address.js';

/** Milliseconds for one attempt, from the look-up of the name to the end of the response. */
const sendTimeoutMs = 10_000;

/** Bytes of a response that are read. Only its status is of interest. */
const maxAnswerBytes = 65_536;

/** Sends messages to one webhook, signed by Standard Webhooks (https://www.standardwebhooks.com). */
export class WebhookSender {
  readonly #signers: Signer[];
  readonly #pool: Pool;
  readonly #path: string;

  /** @param maxConcurrent how many messages are sent at a time */
  constructor({ url, secret }: Webhook, maxConcurrent: number, lookup?: LookupFunction) {
    const { origin, hostname, pathname } = new URL(url);
    this.#signers = secret.map((each) => new Signer(each));
    this.#path = pathname;
    // There is no proxy: behind one, nobody could check the address. Redirects are not followed.
    this.#pool = new Pool(origin, {
      connections: maxConcurrent,
      connect: { lookup: lookupFor(hostname, lookup) },
      maxResponseSize: maxAnswerBytes,
    });
  }

  /**
   * Sends a message once. A message is delivered if the whole response has arrived, and its status is 2xx.
   *
   * @returns undefined if it was delivered; else why not, in a word for the log
   */
  async send({ messageId, type, createdAt, data }: ClaimedMessage): Promise<string | undefined> {
    const body = JSON.stringify({ type, timestamp: createdAt.toISOString(), data });
    const now = new Date();
    try {
      const response = await this.#pool.request({
        path: this.#path,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'weapp-auth',
          'webhook-id': messageId,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
          'webhook-signature': this.#signers.map((each) => each.sign(messageId, now, body)).join(' '),
        },
        body,
        signal: AbortSignal.timeout(sendTimeoutMs),
      });
      await response.body.arrayBuffer();
      const { statusCode } = response;
      return statusCode >= 200 && statusCode < 300 ? undefined : `status ${statusCode}`;
    } catch (error) {
      const { name, code } = error as { name: string; code?: unknown };
      return name === 'TimeoutError' ? 'timed out' : typeof code === 'string' ? code : name;
    }
  }

  /** Closes all connections. Messages that are being sent fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
