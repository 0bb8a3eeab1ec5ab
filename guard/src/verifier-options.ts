export interface VerifierOptions {
  /** Exactly the `JWT_ISSUER` of the service, for example `https://login.example.com`. */
  issuer: string;
  /** The `JWT_AUDIENCE` of the service. Default: `weapp`. */
  audience?: string;
  /**
   * The appid of your mini-program, or several. Tokens of others are refused. Without it, tokens of all mini-programs
   * of the service are taken, and those of `admin:token`, too.
   */
  app?: string | readonly string[];
  /** Where the service is reached from here, if not at `issuer`: `http://login:3000` inside a private network. */
  serviceUrl?: string;
  /**
   * Asks the service (GET `/auth/verify`) whether the session goes on, so that a revoked token is refused at once.
   * Default: false, and a revoked token is taken until it expires.
   */
  checkRevocation?: boolean;
  /** With `checkRevocation`: seconds for which a yes of the service counts; 0: it is asked each time. Default: 1. */
  revocationCacheSeconds?: number;
  /** Instead of the global `fetch`: for a proxy, or a test. */
  fetch?: typeof fetch;
}

/** The options with their defaults. */
export interface ResolvedOptions {
  issuer: string;
  audience: string;
  /** undefined: all */
  apps: ReadonlySet<string> | undefined;
  serviceUrl: string;
  checkRevocation: boolean;
  revocationCacheSeconds: number;
  fetch: typeof fetch;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} that lists everything that is wrong
 */
export function resolveOptions(options: VerifierOptions): ResolvedOptions {
  const { issuer, audience = 'weapp', app, serviceUrl = issuer, revocationCacheSeconds = 1 } = options;
  const apps = app === undefined ? undefined : typeof app === 'string' ? [app] : app;
  const faults = [
    !isServiceUrl(issuer) &&
      'issuer must be the JWT_ISSUER of the service, such as https://login.example.com',
    serviceUrl !== issuer &&
      !isServiceUrl(serviceUrl) &&
      'serviceUrl must be an http or https URL without a query',
    !isText(audience) && 'audience must be the JWT_AUDIENCE of the service',
    apps !== undefined &&
      !(Array.isArray(apps) && apps.length > 0 && apps.every(isText)) &&
      'app must be an appid, or a list of at least one',
    !(Number.isInteger(revocationCacheSeconds) && revocationCacheSeconds >= 0) &&
      'revocationCacheSeconds must be a whole number of seconds, or 0',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new TypeError(`weapp-auth-guard: ${faults.join('; ')}.`);
  return {
    issuer,
    audience,
    apps: apps && new Set(apps),
    serviceUrl,
    checkRevocation: options.checkRevocation ?? false,
    revocationCacheSeconds,
    fetch: options.fetch ?? ((...request) => fetch(...request)),
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isServiceUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
