import createClient from 'openapi-fetch';
import { session } from '../sign-in/session.js';
import type { components, paths } from './openapi.js';
import { readProblem } from './problem.error.js';
import { serviceUrl } from './service.js';

/** The types of what the service takes and answers. */
export type Schemas = components['schemas'];

/**
 * The requests of the service, typed by its OpenAPI document. Each has the token of the signed-in user.
 *
 * @example
 * const user = await answer(api.GET('/admin/users/{id}', { params: { path: { id } } }));
 */
export const api = createClient<paths>({
  baseUrl: serviceUrl.replace(/\/$/, ''),
  fetch: session.fetch,
});

/**
 * The body of a successful response.
 *
 * @throws {ProblemError}
 */
export async function answer<Body>(
  call: Promise<{ data?: Body; error?: unknown; response: Response }>,
): Promise<Body> {
  const { data, error, response } = await call;
  if (response.ok) return data as Body;
  // openapi-fetch has read the body already.
  throw await readProblem(
    new Response(JSON.stringify(error ?? null), { status: response.status, headers: response.headers }),
  );
}
