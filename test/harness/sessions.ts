import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import type { Answer, ServiceNode } from './node.js';
import { soon } from './world.js';

/** The id of the session that a login has opened. */
export function sessionIdOf(login: Answer): string {
  return readSessionId(login.body.accessToken);
}

/** The id of the session that an access token belongs to. */
export function readSessionId(accessToken: string): string {
  return decodeJwt(accessToken)['sid'] as string;
}

/** The answer to a token whose session has ended. */
export function sessionRevoked(reason: string) {
  return {
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: { code: 'session_revoked', reason },
  };
}

/** Both of a session's tokens are refused: by the first node at once, by the other within a second. */
export async function expectEnded(
  node: ServiceNode,
  other: ServiceNode,
  login: Answer,
  reason: string,
): Promise<void> {
  expect(await node.me(login.body.accessToken)).toMatchObject(sessionRevoked(reason));
  await expect.poll(() => other.me(login.body.accessToken), soon).toMatchObject(sessionRevoked(reason));
  expect(await other.refresh(login.body.refreshToken)).toMatchObject(sessionRevoked(reason));
  expect(await node.refresh(login.body.refreshToken)).toMatchObject(sessionRevoked(reason));
}

/** Both nodes take the session's access token, and its refresh token works. */
export async function expectOngoing(node: ServiceNode, other: ServiceNode, login: Answer): Promise<void> {
  for (const each of [node, other]) expect((await each.me(login.body.accessToken)).status).toBe(200);
  expect((await node.refresh(login.body.refreshToken)).status).toBe(200);
}
