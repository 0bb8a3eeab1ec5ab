import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A message that has arrived, with a good signature. */
export interface Received {
  headers: IncomingHttpHeaders;
  /** The header `webhook-id`. */
  id: string;
  type: string;
  timestamp: string;
  data: { userId: string; into?: string; appid?: string };
  text: string;
}

/** The application's side of a webhook. */
export class WebhookReceiver {
  readonly secret = `whsec_${randomBytes(32).toString('base64')}`;
  /** In the order of their arrival, repeats too. */
  readonly received: Received[] = [];
  /** Requests that have no response yet. */
  open = 0;
  /** The highest that `open` has been. */
  maxOpen = 0;
  /** What it answers; it may throw nothing. */
  answer: (response: ServerResponse, message: Received) => void = (response) =>
    void response.writeHead(204).end();
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/webhooks`;
  }

  /** The setting `WEBHOOKS`. */
  setting(...events: string[]): string {
    return JSON.stringify([this.entry(...events)]);
  }

  entry(...events: string[]): object {
    return { url: this.url, secret: this.secret, ...(events.length > 0 && { events }) };
  }

  /** Listens, again on the port that it had before. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      this.open += 1;
      this.maxOpen = Math.max(this.maxOpen, this.open);
      response.once('close', () => (this.open -= 1));
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const message = this.verify(request.headers, Buffer.concat(chunks).toString());
        this.received.push(message);
        this.answer(response, message);
      });
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nothing listens there any more. */
  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** What has arrived about a user, without repeats. */
  about(userId: string): string[] {
    const ids = new Set<string>();
    return this.received
      .filter(({ data }) => data.userId === userId)
      .filter(({ id }) => !ids.has(id) && ids.add(id))
      .map(({ type }) => type);
  }

  private verify(headers: IncomingHttpHeaders, text: string): Received {
    const body = new Webhook(this.secret).verify(text, headers as Record<string, string>) as Omit<
      Received,
      'headers' | 'id' | 'text'
    >;
    return { ...body, headers, id: String(headers['webhook-id']), text };
  }
}
