import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Busboy } from '@fastify/busboy';
import { applyDecorators, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { FastifyRoute } from './fastify-route.decorator.js';
import type { HttpRequest } from './http-request.js';
import { receiveBody } from './receive-body.js';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { PayloadTooLargeError, TooManyUploadsError, UnsupportedMediaTypeError } from './http.errors.js';

/** The field of the form in which the file stands. */
const fileField = 'file';

/** Bytes: 2 MB. */
const maxFileBytes = 2 * 1024 * 1024;

/** Bytes of a form, whose boundaries, headers and text fields come on top of the file. */
const maxFormBytes = maxFileBytes + 32 * 1024;

/** Uploads that this node holds in memory while they arrive: slow ones must not add up. */
const concurrency = { maxConcurrent: 32, maxQueued: 0 };

/** Milliseconds to take a form apart that is all there. Some malformed ones @fastify/busboy never finishes. */
const parsingTimeoutMs = 2_000;

/** Parts of a form: the file, and what wx.uploadFile sends in `formData`. */
const maxParts = 3;

/**
 * Bytes that are parsed before other requests have their turn. Whoever sends nothing but delimiters, each of which
 * costs as much as a part, is found out within the first of these.
 */
const sliceBytes = 16 * 1024;

/** Characters of a form's Content-Type. A boundary has 70 at most (RFC 2046, section 5.1.1), and is searched for. */
const maxContentType = 256;

const form = /^multipart\/form-data\b/i;

/** What a route that takes a file says of itself. */
interface UploadRoute {
  takesUpload?: true;
}

/** The part of a Fastify server that is used. */
interface FormParserHost {
  addContentTypeParser(
    type: RegExp,
    parser: (
      request: { routeOptions: { config: UploadRoute } },
      body: unknown,
      done: (error: Error | null) => void,
    ) => void,
  ): void;
}

interface UploadedFile {
  field: string;
  content: Buffer;
}

/** Lets a route take a form with a file in the field `file`. All other routes go on to refuse forms. */
export function TakesUpload(): MethodDecorator {
  return applyDecorators(
    FastifyRoute({ takesUpload: true } satisfies UploadRoute),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      schema: {
        type: 'object',
        required: [fileField],
        properties: { [fileField]: { type: 'string', format: 'binary', description: '2 MB at most.' } },
      },
    }),
  );
}

/** Files that are sent as forms. Nothing of one is read before the route's guards have let the request in. */
@Injectable()
export class Uploads implements OnModuleInit {
  readonly #concurrency = new ConcurrencyLimit(concurrency, TooManyUploadsError);

  constructor(private readonly host: HttpAdapterHost) {}

  /**
   * Express leaves forms alone. Fastify refuses what it has no parser for; a pattern gives way to `@fastify/multipart` in an
   * application that has it.
   */
  onModuleInit(): void {
    const { httpAdapter } = this.host;
    if (httpAdapter?.getType() !== 'fastify') return;
    httpAdapter.getInstance<FormParserHost>().addContentTypeParser(form, (request, _body, done) => {
      const { takesUpload } = request.routeOptions.config;
      done(takesUpload ? null : new UnsupportedMediaTypeError('This route takes no forms: send JSON.'));
    });
  }

  /**
   * The one file of the form that a request carries, on a route with `@TakesUpload()`. Text fields are ignored.
   *
   * @throws {UnsupportedMediaTypeError} where it carries no form
   * @throws {PayloadTooLargeError} as soon as that is known
   * @throws {InvalidRequestError} where the form is malformed, or has not just the one file
   * @throws {TooManyUploadsError}
   */
  async file(request: HttpRequest): Promise<Buffer> {
    if (!form.test(request.headers['content-type'] ?? '')) {
      throw new UnsupportedMediaTypeError(
        `Send the file as multipart/form-data, in the field "${fileField}".`,
      );
    }
    if (request.headers['content-type']!.length > maxContentType) throw malformedForm();
    const files = await this.#concurrency.run(async () =>
      filesOf(await receiveBody(request, { maxBytes: maxFormBytes, tooLarge }), request),
    );
    const [file, ...others] = files;
    if (file?.field !== fileField || others.length > 0) {
      throw invalid(`${fileField} must be the one file of the form`);
    }
    if (file.content.length > maxFileBytes) throw tooLarge();
    if (file.content.length === 0) throw invalid(`${fileField} must not be empty`);
    return file.content;
  }
}

async function filesOf(body: Buffer, { headers }: HttpRequest): Promise<UploadedFile[]> {
  const files: UploadedFile[] = [];
  const slices = Readable.from(slicesOf(body));
  let timer: NodeJS.Timeout | undefined;
  const parsing = new Promise<UploadedFile[]>((resolve, reject) => {
    timer = setTimeout(reject, parsingTimeoutMs);
    const parser = new Busboy({
      headers: { ...headers, 'content-type': headers['content-type']! },
      limits: {
        // One more than there may be, to see that there are too many.
        files: 2,
        fileSize: maxFileBytes + 1,
        fields: maxParts - 1,
        fieldSize: 1_024,
        parts: maxParts,
        headerPairs: 20,
        headerSize: 4_096,
      },
    });
    parser.on('partsLimit', reject);
    parser.on('file', (field, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => files.push({ field, content: Buffer.concat(chunks) }));
    });
    parser.on('error', reject);
    parser.on('finish', () => resolve(files));
    slices.pipe(parser);
  });
  try {
    return await parsing;
  } catch {
    throw malformedForm();
  } finally {
    clearTimeout(timer);
    slices.destroy();
  }
}

/** A form in pieces, between which other requests have their turn. */
async function* slicesOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < body.length; start += sliceBytes) {
    yield body.subarray(start, start + sliceBytes);
    await setImmediate();
  }
}

function malformedForm(): InvalidRequestError {
  return new InvalidRequestError('The form is malformed: send one file, and two text fields at most.');
}

function tooLarge(): PayloadTooLargeError {
  return new PayloadTooLargeError('The file is larger than 2 MB.');
}

function invalid(message: string): InvalidRequestError {
  return new InvalidRequestError('The form is malformed: see errors.', [{ field: fileField, message }]);
}
