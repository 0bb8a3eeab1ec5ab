/** Mini-programs have no URL. What this does not match to the letter, some parser might read as another host. */
const strict = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** Characters that parsers drop or turn into slashes, before the query. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const misleading = /^[^?#]*[\\\u0000-\u0020]/;

/** Where the service is. */
export class Base {
  /** Without a slash at its end. */
  readonly url: string;
  private readonly origin: string;

  /** @throws {TypeError} where it is no plain http or https URL */
  constructor(baseUrl: string) {
    const origin = originOf(baseUrl);
    if (origin === undefined || /[?#]/.test(baseUrl)) {
      throw new TypeError('baseUrl must be like https://login.example.com, without ? and #.');
    }
    this.origin = origin;
    this.url = origin + pathOf(baseUrl).replace(/\/+$/, '');
  }

  /**
   * The URL in full, where it leads to the origin of the base and nowhere else by anyone's reading.
   *
   * @returns undefined for any other
   */
  own(url: string): string | undefined {
    if (typeof url !== 'string') return undefined;
    if (misleading.test(url) || url.startsWith('//')) return undefined;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return this.url + (/^([/?#]|$)/.test(url) ? '' : '/') + url;
    return originOf(url) === this.origin ? this.origin + pathOf(url) : undefined;
  }
}

/** In lower case, and without the scheme's own port; undefined where the URL is not strictly one. */
function originOf(url: string): string | undefined {
  const match = strict.exec(url);
  if (!match || misleading.test(url)) return undefined;
  const scheme = match[1]!.toLowerCase();
  const port = Number(match[3] || 0);
  const usual = scheme === 'https' ? 443 : 80;
  return `${scheme}://${match[2]!.toLowerCase()}${port === 0 || port === usual ? '' : `:${port}`}`;
}

function pathOf(url: string): string {
  return url.replace(strict, '');
}
