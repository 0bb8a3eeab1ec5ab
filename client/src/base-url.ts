/** Mini-programs have no URL class. If this does not match a URL exactly, some parser might read another host in it. */
const strictUrl = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** Characters before the query that some parsers drop or turn into slashes. */
// oxlint-disable-next-line no-control-regex -- the expression looks for control characters
const misleading = /^[^?#]*[\\\u0000-\u0020]/;

/** The address of the service. */
export class BaseUrl {
  /** Without a slash at the end. */
  readonly url: string;
  private readonly origin: string;

  /** @throws {TypeError} if it is not a plain http or https URL */
  constructor(baseUrl: string) {
    const origin = readOrigin(baseUrl);
    if (origin === undefined || /[?#]/.test(baseUrl)) {
      throw new TypeError('baseUrl must be like https://login.example.com, without ? and #.');
    }
    this.origin = origin;
    this.url = origin + readPath(baseUrl).replace(/\/+$/, '');
  }

  /**
   * Resolves a URL of the service: relative to the base, or absolute with the same origin.
   *
   * @returns undefined for every other URL, and for a URL that some parser might read as another origin
   */
  resolve(url: string): string | undefined {
    if (typeof url !== 'string') return undefined;
    if (misleading.test(url) || url.startsWith('//')) return undefined;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return this.url + (/^([/?#]|$)/.test(url) ? '' : '/') + url;
    return readOrigin(url) === this.origin ? this.origin + readPath(url) : undefined;
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
