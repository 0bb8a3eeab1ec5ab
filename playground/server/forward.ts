import { request as startRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Headers of the connection, headers with which a browser describes its page, and headers of the playground. */
const notPassedOn =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|origin|referer|cookie|sec-.*|x-playground-.*)$/;

/** The characters of a path by RFC 3986, without those that some programs read differently. */
const plainPath = /^\/[\w.~!$&'()*+,;=:@%/-]*$/;

/**
 * Returns the path and query below a prefix, as they were sent. Undefined if there is no path, or if it is
 * misleading: another host (`//`) or a parent directory (`..`), encoded or not.
 */
export function targetBelow(prefix: string, url: string): string | undefined {
  if (!url.startsWith(`${prefix}/`)) return undefined;
  const target = url.slice(prefix.length);
  const [path = ''] = target.split('?', 1);
  if (!plainPath.test(path) || /[^\x21-\x7e]/.test(target)) return undefined;
  const decoded = decode(path);
  if (decoded === undefined || /[\\\p{Cc}]|\/\//u.test(decoded)) return undefined;
  return decoded.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : target;
}

/**
 * Forwards a request to `origin`, streams its body, and sends the answer back.
 *
 * @param target path and query
 * @param headers replace those that a browser sends by itself
 */
export async function forward(
  { raw, id, method, headers: received }: FastifyRequest,
  reply: FastifyReply,
  { origin, target, headers = {} }: { origin: string; target: string; headers?: Record<string, string> },
): Promise<void> {
  const { hostname, port } = new URL(origin);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = startRequest({
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      method,
      path: target,
      // Both sides use the same request id: it is in the header of the answer and in its problem document.
      headers: { ...passedOn(received), 'x-request-id': id, ...headers },
    });
    sent.once('response', resolve).once('error', reject);
    reply.raw.once('close', () => sent.destroy());
    raw.pipe(sent);
  });
  await reply
    .code(answer.statusCode ?? 502)
    .headers(passedOn(answer.headers))
    .send(answer);
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !notPassedOn.test(name)));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
