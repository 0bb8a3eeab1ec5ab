/** Mini-programs have no URL class. If this does not match a URL exactly, some parser might read another host in it. */
const strictUrl = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** Characters before the query that some parsers drop or turn into slashes. */
// oxlint-disable-next-line no-control-regex -- the expression looks for control characters
const misleading = /^[^?#]*[\\\u0000-\u0020]/;

/** The address of the service, and the origins that receive the access token. */
export class BaseUrl {
  /** Without a slash at the end. */
  readonly url: string;
  private readonly origins: string[];

  /**
   * @param origins further origins of the same owner
   * @throws {TypeError} if `baseUrl` is not a plain http or https URL, or if an origin has more than scheme, host and port
   */
  constructor(baseUrl: string, origins: string[] = []) {
    const origin = readOrigin(baseUrl);
    if (origin === undefined || /[?#]/.test(baseUrl)) {
      throw new TypeError('baseUrl must be like https://login.example.com, without ? and #.');
    }
    this.url = origin + readPath(baseUrl).replace(/\/+$/, '');
    this.origins = [origin];
    for (const other of origins) {
      const exact = readOrigin(other);
      if (exact === undefined || readPath(other)) {
        throw new TypeError('origins must be like https://api.example.com, without a path.');
      }
      this.origins.push(exact);
    }
  }

  /**
   * Resolves a URL that may receive the access token: relative to the base, or absolute with one of the origins.
   *
   * @returns undefined for every other URL, and for a URL that some parser might read as another origin
   */
  resolve(url: string): string | undefined {
    if (typeof url !== 'string') return undefined;
    if (misleading.test(url) || url.startsWith('//')) return undefined;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return this.url + (/^([/?#]|$)/.test(url) ? '' : '/') + url;
    const origin = readOrigin(url);
    return origin !== undefined && this.origins.includes(origin) ? origin + readPath(url) : undefined;
  }

  /** Whether a resolved URL is of the service itself. */
  isService(url: string): boolean {
    return readOrigin(url) === this.origins[0];
  }
}

/** The origin in lower case, without the default port. Undefined if this is not strictly a URL. */
function readOrigin(url: string): string | undefined {
  const match = strictUrl.exec(url);
  if (!match || misleading.test(url)) return undefined;
  const scheme = match[1]!.toLowerCase();
  const port = Number(match[3] || 0);
  const defaultPort = scheme === 'https' ? 443 : 80;
  return `${scheme}://${match[2]!.toLowerCase()}${port === 0 || port === defaultPort ? '' : `:${port}`}`;
}

function readPath(url: string): string {
  return url.replace(strictUrl, '');
}
