export interface StreamedEvent {
  name: string;
  data: string;
}

/**
 * The events of a `text/event-stream`, until it ends. `EventSource` can neither send a body nor POST, so it would need the
 * device code in a URL.
 */
export async function* readEvents(body: ReadableStream<BufferSource>): AsyncGenerator<StreamedEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop()!;
      for (const block of blocks) {
        const event = readEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** @returns undefined for a comment */
function readEvent(block: string): StreamedEvent | undefined {
  const values = (name: string) =>
    block
      .split(/\r?\n/)
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const [name] = values('event');
  return name === undefined ? undefined : { name, data: values('data').join('\n') };
}
