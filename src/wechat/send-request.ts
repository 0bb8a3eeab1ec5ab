import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { maxAnswerBytes } from './wechat-connections.js';

const unpackers = {
  br: promisify(brotliDecompress),
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  bareDeflate: promisify(inflateRaw),
};

const utf8 = new TextDecoder();

/** What came back, whatever the status. */
export interface TextResponse {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  /** Unpacked if it was compressed. */
  text: string;
}

/**
 * Sends a request and reads the text that comes back. Redirects are not followed, and no status is an error.
 *
 * @param encoding `latin1` for what may be no text: it has one character for each byte
 * @throws what undici and zlib throw, with a `code`
 */
export async function sendRequest(
  dispatcher: Dispatcher,
  request: Dispatcher.RequestOptions,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<TextResponse> {
  const { statusCode, headers, body } = await dispatcher.request(request);
  const packing = headers['content-encoding'];
  // What every login receives.
  if (packing === undefined && encoding === 'utf8') {
    return { status: statusCode, headers, text: await body.text() };
  }
  const bytes = Buffer.from(await body.arrayBuffer());
  // WeChat is not asked to compress, but a proxy in between may do it all the same.
  const unpacked = packing === undefined ? bytes : await unpack(bytes, packing);
  const text = encoding === 'latin1' ? unpacked.toString('latin1') : utf8.decode(unpacked);
  return { status: statusCode, headers, text };
}

async function unpack(bytes: Buffer, encoding: string | string[]): Promise<Buffer> {
  const limits = { maxOutputLength: maxAnswerBytes };
  switch (String(encoding).toLowerCase()) {
    case 'br':
      return unpackers.br(bytes, limits);
    case 'gzip':
    case 'x-gzip':
      return unpackers.gzip(bytes, limits);
    case 'deflate': {
      // zlib's format (RFC 9110, section 8.4.1.2), which begins with an 8. Some send deflate without it.
      const isZlib = (bytes[0]! & 0x0f) === 8;
      return isZlib ? unpackers.deflate(bytes, limits) : unpackers.bareDeflate(bytes, limits);
    }
    default:
      return bytes;
  }
}
