import type { FastifyRequest } from 'fastify';

/** Returns why a request is refused. Undefined if it comes from a browser on this machine, at the playground's address. */
export type Refusal = (request: FastifyRequest) => string | undefined;

/** The names of this machine at which the playground answers, as a URL has them. */
export const ownHostnames = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The playground can act for every user of the emulator. So nobody else may use it: no other machine, no page of
 * another origin, and no page whose host name was pointed at this machine (DNS rebinding).
 *
 * @param port the port of the service
 */
export function createRefusal(port: number): Refusal {
  // Hosts as a browser writes them: without the port if it is 80.
  const hosts = ownHostnames.map((name) => new URL(`http://${name}:${port}`).host);
  return (request) => {
    const { headers, raw } = request;
    if (!isLoopback(raw.socket.remoteAddress)) return 'It answers this machine alone.';
    if (headers['forwarded'] !== undefined || headers['x-forwarded-for'] !== undefined) {
      return 'It answers this machine alone, and no proxy.';
    }
    // The form for proxies. Its host would override the header.
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

/** Whether the request comes from the playground's page, from a program that is not a browser, or from opening the page. */
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
