import { createReadStream } from 'node:fs';

/** One line of a file. */
export interface FileLine {
  /** Counted from 1. */
  number: number;
  /** Absent where the bytes are no line of text that could be meant. */
  text?: string;
  /** Why there is no text. */
  fault?: string;
  /** Where in the file the line ends. */
  bytesRead: number;
}

const lineFeed = 0x0a;
const longestLine = 16_384;
/** Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a text file line by line: UTF-8 with or without a byte order mark, lines that end in LF or CRLF. No more
 * than one line and one chunk are held in memory, however long a line is.
 */
export async function* readLines(path: string): AsyncGenerator<FileLine> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let number = 0;
  let bytesRead = 0;

  const finish = (): FileLine => {
    number += 1;
    const line = { number, bytesRead, ...decode(Buffer.concat(held), heldBytes) };
    held = [];
    heldBytes = 0;
    return line;
  };
  const hold = (part: Buffer): void => {
    heldBytes += part.length;
    if (heldBytes <= longestLine) held.push(part);
  };

  for await (const chunk of createReadStream(path, { highWaterMark: 262_144 }) as AsyncIterable<Buffer>) {
    const chunkStart = bytesRead;
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      hold(chunk.subarray(start, end));
      start = end + 1;
      bytesRead = chunkStart + start;
      yield finish();
    }
    hold(chunk.subarray(start));
    bytesRead = chunkStart + chunk.length;
  }
  if (heldBytes > 0) yield finish();
}

function decode(bytes: Buffer, length: number): Pick<FileLine, 'text' | 'fault'> {
  if (length > longestLine) return { fault: `the line is longer than ${longestLine} bytes` };
  try {
    const text = utf8.decode(bytes);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text };
  } catch {
    return { fault: 'the line is not UTF-8: save the file as "CSV UTF-8"' };
  }
}
