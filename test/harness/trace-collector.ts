import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Field, readFields, readFixed64, readText, readVarint } from './protobuf.js';

/** A span as it has arrived. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty if the trace begins here. */
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: 'server' | 'client' | 'other';
  startNanoseconds: bigint;
  endNanoseconds: bigint;
  attributes: Record<string, unknown>;
  events: number;
  isError: boolean;
  statusMessage: string;
  /** Of the resource. */
  resource: Record<string, unknown>;
}

/**
 * Receives traces as a collector of OpenTelemetry does: OTLP by HTTP, in protobuf.
 * https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 */
export class TraceCollector {
  readonly spans: ReceivedSpan[] = [];
  /** All that has arrived, headers included. Texts stand in protobuf as they are. */
  received = '';
  readonly requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  /** What it answers. */
  answer: (response: ServerResponse) => void = (response) =>
    void response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        this.requests.push({ path: request.url!, headers: request.headers });
        this.received += `${request.url} ${request.rawHeaders.join('\n')}\n${body.toString('utf8')}\n`;
        this.spans.push(...readSpans(body));
        this.answer(response);
      });
    });
  }

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The spans of a trace, as they began. */
  trace(traceId: string): ReceivedSpan[] {
    return this.spans
      .filter((span) => span.traceId === traceId)
      .toSorted((a, b) => Number(a.startNanoseconds - b.startNanoseconds));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function readSpans(body: Buffer): ReceivedSpan[] {
  return messages(readFields(body), 1).flatMap((resourceSpans) => {
    const resource = readAttributes(messages(messages(resourceSpans, 1)[0] ?? [], 1));
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => readSpan(span, resource));
  });
}

function readSpan(span: Field[], resource: Record<string, unknown>): ReceivedSpan {
  const [status = []] = messages(span, 15);
  const kinds: Record<number, ReceivedSpan['kind']> = { 2: 'server', 3: 'client' };
  return {
    traceId: bytes(span, 1).toString('hex'),
    spanId: bytes(span, 2).toString('hex'),
    traceState: readText(span, 3),
    parentSpanId: bytes(span, 4).toString('hex'),
    name: readText(span, 5),
    kind: kinds[readVarint(span, 6)] ?? 'other',
    startNanoseconds: readFixed64(span, 7),
    endNanoseconds: readFixed64(span, 8),
    attributes: readAttributes(messages(span, 9)),
    events: messages(span, 11).length,
    isError: readVarint(status, 3) === 2,
    statusMessage: readText(status, 2),
    resource,
  };
}

function readAttributes(pairs: Field[][]): Record<string, unknown> {
  return Object.fromEntries(pairs.map((pair) => [readText(pair, 1), readValue(messages(pair, 2)[0] ?? [])]));
}

function readValue(value: Field[]): unknown {
  if (value.some(({ number }) => number === 1)) return readText(value, 1);
  if (value.some(({ number }) => number === 3)) return readVarint(value, 3);
  return value;
}

function messages(fields: Field[], number: number): Field[][] {
  return fields.filter((field) => field.number === number).map(({ bytes: content }) => readFields(content));
}

function bytes(fields: Field[], number: number): Buffer {
  return fields.find((field) => field.number === number)?.bytes ?? Buffer.alloc(0);
}
