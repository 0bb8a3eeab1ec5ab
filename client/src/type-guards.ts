import type { User } from './types.js';

/** Whether a value from outside is a user. */
export function isUser(value: unknown): value is User {
  return typeof (Object(value) as Partial<User>).id === 'string';
}

/** Whether a value from outside has both tokens. */
export function hasTokens(value: unknown): boolean {
  const { accessToken, refreshToken } = Object(value) as Record<string, unknown>;
  return typeof accessToken === 'string' && typeof refreshToken === 'string';
}
