import type { FastifyRequest } from 'fastify';

/** Says why a request is none of this machine's own browser at the playground's own address; undefined: it is one. */
export type Refusal = (request: FastifyRequest) => string | undefined;

/**
 * The playground can do anything in the name of anybody whom the emulator knows, so that nobody else may use it:
 * no other machine, no web page of somewhere else, no page whose name was pointed at this machine (DNS rebinding).
 *
 * @param port that of the service
 */
export function createRefusal(port: number): Refusal {
  // As a browser writes them: without the port where that is 80.
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => new URL(`http://${name}:${port}`).host);
  return (request) => {
    const { headers, raw } = request;
    if (!isLoopback(raw.socket.remoteAddress)) return 'It answers this machine alone.';
    if (headers['forwarded'] !== undefined || headers['x-forwarded-for'] !== undefined) {
      return 'It answers this machine alone, and no proxy.';
    }
    // A proxy's form, whose host counts for more than the header's.
    if (!raw.url?.startsWith('/')) return 'It is no proxy.';
    if (headers.host === undefined || !hosts.includes(headers.host)) {
      return `It answers at http://${hosts[0]}/ alone.`;
    }
    return isOfOwnPage(request) ? undefined : 'It answers its own page alone.';
  };
}

function isLoopback(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Sent by the playground's page, by a program that is no browser, or by somebody who opens the page. */
function isOfOwnPage({ method, url, headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const opensPage = method === 'GET' && url.split('?', 1)[0] === '/' && isNavigation(headers);
  if (opensPage) return true;
  return (
    (origin === undefined || origin === `http://${host}`) && (site === undefined || site === 'same-origin')
  );
}

function isNavigation(headers: FastifyRequest['headers']): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}
