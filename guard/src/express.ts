import { type AccessTokenClaims } from './access-token-claims.js';
import type { BearerRequest } from './bearer.js';
import { GuardError, problemContentType } from './guard.error.js';
import { createVerifier, type Requirements, Verifier } from './verifier.js';
import type { VerifierOptions } from './verifier-options.js';

declare global {
  // Merges with the declarations of Express and of Passport. Nothing here needs them.
  // eslint-disable-next-line typescript/no-namespace
  namespace Express {
    // eslint-disable-next-line typescript/no-empty-object-type
    interface User extends AccessTokenClaims {}
    interface Request {
      /** Whose access token the request carries: set by the middleware of weapp-auth-guard. */
      user?: User | undefined;
    }
  }
}

/** What is needed of Express's response. */
interface Response {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

/** A middleware of Express, and of whatever takes the same. */
export type Middleware = (
  request: BearerRequest & { user?: unknown },
  response: Response,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Makes middlewares that let in requests with a valid access token: `guard()`, `guard({ roles: ['admin'] })`. The
 * handler finds the user in `request.user`. Refusals are answered as problem documents; other errors go to `next`.
 *
 * @throws {TypeError} that lists everything that is wrong with the options
 */
export function createGuard(
  options: VerifierOptions | Verifier,
): (requirements?: Requirements) => Middleware {
  const verifier = options instanceof Verifier ? options : createVerifier(options);
  return (requirements) => async (request, response, next) => {
    try {
      request.user = await verifier.authenticate(request, requirements);
    } catch (error) {
      if (!(error instanceof GuardError)) return next(error);
      const headers = { ...error.headers, 'Content-Type': problemContentType };
      response.writeHead(error.status, headers).end(JSON.stringify(error.body));
      return;
    }
    next();
  };
}
