/** The URL below which the service is, with a slash at its end: one level above the console. */
export const serviceUrl = new URL('..', document.baseURI).href;

/** The URL of a route of the service. */
export function urlOf(path: string): string {
  return new URL(path.replace(/^\//, ''), serviceUrl).href;
}

/**
 * Where an image of the service is. The service names images by its PUBLIC_URL; the console may have been opened at another
 * address of the same service, and its policy admits no other origin than its own.
 */
export function imageUrl(url: string): string {
  const [path] = /\/(avatars|scan-codes)\/[^?#]+.*$/.exec(new URL(url).pathname + new URL(url).search) ?? [];
  return path === undefined ? url : urlOf(path);
}
