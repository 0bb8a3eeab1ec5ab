import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

/** The file cannot be used as it is: says why, and what to do. */
export class FileRefusedError extends Error {}

/** One line of a file. */
export interface FileLine {
  /** Counted from 1. */
  number: number;
  /** Absent if the line is too long to be one that is meant. */
  text?: string;
  /** Why there is no text. */
  fault?: string;
  /** Where in the file the line ends. */
  bytesRead: number;
}

const lineFeed = 0x0a;
const maxLineBytes = 16_384;
/** Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8');

/**
 * Reads a whole file for its encoding alone, before anything of it is used: in a file that is GBK, some lines read as
 * UTF-8 by accident, and would be garbled.
 *
 * @throws {FileRefusedError} if it is not UTF-8
 */
export async function checkEncoding(path: string): Promise<void> {
  const lines = readLines(path);
  while ((await lines.next()).done !== true);
}

/**
 * Reads a text file line by line: UTF-8 with or without a byte order mark, lines that end in LF or CRLF. No more
 * than one line and one chunk are held in memory, however long a line is.
 *
 * @throws {FileRefusedError} if it is not UTF-8
 */
export async function* readLines(path: string): AsyncGenerator<FileLine> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let number = 0;
  let bytesRead = 0;

  const finish = (): FileLine => {
    number += 1;
    const line = { number, bytesRead, ...decode(number, Buffer.concat(held), heldBytes) };
    held = [];
    heldBytes = 0;
    return line;
  };
  const hold = (part: Buffer): void => {
    heldBytes += part.length;
    if (heldBytes <= maxLineBytes) held.push(part);
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

function decode(number: number, bytes: Buffer, length: number): Pick<FileLine, 'text' | 'fault'> {
  if (length > maxLineBytes) return { fault: `the line is longer than ${maxLineBytes} bytes` };
  if (number === 1 && isUtf16(bytes)) {
    throw new FileRefusedError(
      'The file is UTF-16, as Excel saves "Unicode text". Save it as "CSV UTF-8", or convert it: iconv -f UTF-16 -t UTF-8 old.csv > new.csv. Nothing was imported.',
    );
  }
  if (!isUtf8(bytes)) {
    throw new FileRefusedError(
      `Line ${number} is not UTF-8. In China, Excel saves a plain "CSV" as GBK: save the file as "CSV UTF-8", or convert it: iconv -f GB18030 -t UTF-8 old.csv > new.csv. Nothing was imported.`,
    );
  }
  const text = utf8.decode(bytes);
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text };
}

/** By its byte order mark, or by the zero in each letter of the header. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('latin1');
  return mark === '\xff\xfe' || mark === '\xfe\xff' || bytes.includes(0);
}
