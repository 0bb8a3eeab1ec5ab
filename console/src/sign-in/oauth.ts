import type { components } from '../api/openapi.js';
import { fetchOrFail, readProblem } from '../api/problem.error.js';
import { urlOf } from '../api/service.js';
import { readEvents } from './event-stream.js';

type Schemas = components['schemas'];

export type ShownCode = Schemas['DeviceAuthorizationResponse'];
export type Tokens = Schemas['OAuthTokenResponse'];

/** What becomes of a shown code. After the last three, nothing changes any more. */
export type CodeEvent =
  | { name: 'pending' | 'approved' | 'denied' | 'expired' }
  | { name: 'scanned'; nickname: string | null; avatarUrl: string | null };

const clientId = 'console';
const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** Posts a form. What is secret is in its body, never in a URL. */
async function post(path: string, form: Record<string, string>, signal?: AbortSignal): Promise<Response> {
  const body = new URLSearchParams({ client_id: clientId, ...form });
  const response = await fetchOrFail(
    new Request(urlOf(`oauth/${path}`), { method: 'POST', body, signal: signal ?? null }),
  );
  if (!response.ok) throw await readProblem(response);
  return response;
}

/** @throws {ProblemError} as all requests here */
export async function startCode(signal: AbortSignal): Promise<ShownCode> {
  return (await post('device_authorization', {}, signal)).json() as Promise<ShownCode>;
}

/** What becomes of a code, until the connection ends. */
export async function* watchCode(deviceCode: string, signal: AbortSignal): AsyncGenerator<CodeEvent> {
  const { body } = await post('device_authorization/events', { device_code: deviceCode }, signal);
  for await (const { name, data } of readEvents(body!)) {
    yield { ...(JSON.parse(data) as object), name } as CodeEvent;
  }
}

/** The tokens of a code that was approved. The service gives them once. */
export async function redeemCode(deviceCode: string): Promise<Tokens> {
  const form = { grant_type: deviceCodeGrant, device_code: deviceCode };
  return (await post('token', form)).json() as Promise<Tokens>;
}

export async function refreshTokens(refreshToken: string): Promise<Tokens> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  return (await post('token', form)).json() as Promise<Tokens>;
}

/** Ends the session of a refresh token. */
export async function revokeToken(refreshToken: string): Promise<void> {
  await post('revoke', { token: refreshToken });
}
