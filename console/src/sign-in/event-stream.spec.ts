import { expect, it } from 'vitest';
import { readEvents, type StreamedEvent } from './event-stream.js';

/** What is read of a body that comes in these pieces. */
async function readAll(...pieces: Uint8Array<ArrayBuffer>[]): Promise<StreamedEvent[]> {
  const body = new ReadableStream<BufferSource>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const events: StreamedEvent[] = [];
  for await (const event of readEvents(body)) {
    events.push(event);
  }
  return events;
}

const encode = (text: string) => new TextEncoder().encode(text);

it('reads events, and leaves comments out', async () => {
  expect(
    await readAll(encode('event: pending\ndata: {}\n\n:\n\n'), encode('event: approved\ndata: {}\n\n')),
  ).toEqual([
    { name: 'pending', data: '{}' },
    { name: 'approved', data: '{}' },
  ]);
});

it('reads an event that comes in pieces, cut within a character and within the end of a line', async () => {
  const bytes = encode('event: scanned\r\ndata: {"nickname":"小明"}\r\n\r\n');
  expect(
    await readAll(bytes.slice(0, 37), bytes.slice(37, -3), bytes.slice(-3, -1), bytes.slice(-1)),
  ).toEqual([{ name: 'scanned', data: '{"nickname":"小明"}' }]);
});

it('leaves out an event that the connection has cut off', async () => {
  expect(await readAll(encode('event: pending\ndata: {}\n\nevent: appr'))).toEqual([
    { name: 'pending', data: '{}' },
  ]);
});
