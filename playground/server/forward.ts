import { request as startRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Those of one connection, those by which a browser tells of its page, and the playground's own. */
const notPassedOn =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|origin|referer|cookie|sec-.*|x-playground-.*)$/;

/** What a path may be made of: RFC 3986, and nothing that a program on the way might read otherwise. */
const plainPath = /^\/[\w.~!$&'()*+,;=:@%/-]*$/;

/**
 * The path and query below a prefix, as they were sent; undefined where there is none, or one that is not what it
 * seems: another host's (`//`), a way up (`..`), either of them encoded.
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
 * Sends a request on to `origin` as it is, its body included while that still arrives, and the answer back.
 *
 * @param target path and query
 * @param headers in place of those that a browser sends by itself
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
      // The same id here and there: it is in the answer's header, and in its problem document.
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
