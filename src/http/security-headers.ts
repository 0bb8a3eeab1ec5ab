import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** The headers of helmet. It would work them out anew for each response, and they are always the same. */
export const securityHeaders: Readonly<Record<string, string>> = computeHeaders();

function computeHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => {},
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      // Asked to upgrade, a browser would not load /docs over http on a developer's machine.
      directives: { upgradeInsecureRequests: null },
    },
  });
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}
