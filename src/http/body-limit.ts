import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { FastifyRoute } from './fastify-route.decorator.js';

/** Bytes of a JSON body. A login needs the most: two codes of 512 characters, which JSON may write with six each. */
export const maxBodyBytes = 16_384;

/** Bytes of a body with what WeChat has encrypted. */
export const maxLargeBodyBytes = 102_400;

/** What a route that takes a large body says of itself. */
export interface LargeBodyRoute {
  takesLargeBody?: true;
}

/** Lets a route take 100 KB of JSON, for long texts. All other routes take 16 KB. */
export function TakesLargeBody(): MethodDecorator {
  return FastifyRoute({ takesLargeBody: true } satisfies LargeBodyRoute);
}

/** Fastify's `onRoute` hook. */
export function raiseBodyLimit(route: { config?: object; bodyLimit?: number }): void {
  const { takesLargeBody } = (route.config ?? {}) as LargeBodyRoute;
  if (takesLargeBody) route.bodyLimit = maxLargeBodyBytes;
}

/**
 * Refuses a large body that is more than long texts. A body is parsed before any guard looks at the request, so that
 * parsing 100 KB must not take longer than parsing 16 KB of nothing but brackets.
 *
 * @throws {InvalidRequestError}
 */
export function refuseManyMembers(
  { routeOptions }: { routeOptions: { config: object } },
  body: string,
): void {
  const { takesLargeBody } = routeOptions.config as LargeBodyRoute;
  if (takesLargeBody && !hasAtMost(maxBodyBytes, body)) {
    throw new InvalidRequestError('The body has too many members. Send those that this route describes.');
  }
}

/** Whether a text has at most so many characters that open or separate something in JSON. */
function hasAtMost(count: number, text: string): boolean {
  let left = count;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '[' || character === '{' || character === ',') left -= 1;
  }
  return left >= 0;
}
