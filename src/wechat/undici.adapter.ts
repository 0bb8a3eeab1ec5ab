import axios, { AxiosError, AxiosHeaders, type AxiosAdapter } from 'axios';
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

/**
 * Lets axios send through an undici dispatcher: keep-alive connections at less than half of what axios's own
 * Node adapter costs, while interceptors and `@nestjs/axios` stay as they are. Answers come as text in UTF-8,
 * compressed ones unpacked;
 * redirects are not followed, and no status is an error.
 *
 * @param dispatcher a pool of connections to the origin of every URL that will be asked for
 */
export function undiciAdapter(dispatcher: Dispatcher): AxiosAdapter {
  return async (config) => {
    const { origin, pathname, search } = new URL(axios.getUri(config));
    try {
      const response = await dispatcher.request({
        origin,
        path: pathname + search,
        method: (config.method ?? 'get').toUpperCase(),
        headers: config.headers.toJSON(),
        body: config.data,
        signal: config.signal,
      });
      return {
        data: await textOf(response),
        status: response.statusCode,
        statusText: '',
        headers: AxiosHeaders.from(response.headers as Record<string, string>),
        config,
      };
    } catch (error) {
      throw AxiosError.from(error, (error as NodeJS.ErrnoException).code, config);
    }
  };
}

/** WeChat is not asked to compress, but a proxy in between may do it all the same. */
async function textOf({ headers, body }: Dispatcher.ResponseData): Promise<string> {
  const bytes = Buffer.from(await body.arrayBuffer());
  return new TextDecoder().decode(await unpack(bytes, headers['content-encoding']));
}

async function unpack(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
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
