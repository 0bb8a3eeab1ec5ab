import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { PayloadTooLargeError } from './http.errors.js';
import { type HttpRequest, rawRequest } from './http-request.js';

/** Milliseconds in which the body must have arrived. */
const arrivalTimeoutMs = 20_000;

/**
 * The whole body of a request that no parser has read, copied into one piece as it arrives: it may come byte by byte, and each
 * chunk takes more than that.
 *
 * @param options.tooLarge makes the error for a body of more than `maxBytes`
 * @throws {PayloadTooLargeError} as soon as that is known
 * @throws {InvalidRequestError} if the body broke off
 */
export async function receiveBody(
  request: HttpRequest,
  { maxBytes, tooLarge }: { maxBytes: number; tooLarge: () => PayloadTooLargeError },
): Promise<Buffer> {
  const raw = rawRequest(request);
  const announced = Number(raw.headers['content-length'] ?? maxBytes);
  const timer = setTimeout(() => raw.destroy(), arrivalTimeoutMs);
  try {
    if (announced > maxBytes) throw tooLarge();
    const body = Buffer.allocUnsafe(announced);
    let length = 0;
    // Were the request destroyed on the way out, its answer would be, too.
    for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (length + chunk.length > body.length) throw tooLarge();
      length += chunk.copy(body, length);
    }
    return body.subarray(0, length);
  } catch (error) {
    throw error instanceof PayloadTooLargeError ? error : new InvalidRequestError('The upload broke off.');
  } finally {
    clearTimeout(timer);
    // What is still to come would stand in the way of the connection's next request.
    raw.resume();
  }
}
