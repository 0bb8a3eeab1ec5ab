import { createHash } from 'node:crypto';

// The users of a benchmark are numbered from 0. Everything about them follows from the number, here and in the SQL of
// fill-database.ts.

export function userIdOf(user: number): string {
  return uuid('7000', user);
}

export function sessionIdOf(user: number): string {
  return uuid('7002', user);
}

/** The identities of users who are known, or who come for the first time, are spread over the index as WeChat's are. */
export function openidOf(user: number | string): string {
  return `o${createHash('md5').update(String(user)).digest('hex').slice(0, 27)}`;
}

export function unionidOf(openid: string): string {
  return `u${openid.slice(1)}`;
}

/** ISO 8601. The users came a second after each other. */
export function createdAtOf(user: number): string {
  return new Date(Date.UTC(2025, 0) + user * 1_000).toISOString();
}

/** E.164. */
export function phoneOf(user: number): string {
  return `+86139${String(user).padStart(8, '0')}`;
}

/** Nicknames have little in common with each other. */
export function nicknameOf(user: number): string {
  return createHash('md5').update(`nickname ${user}`).digest('hex').slice(0, 8);
}

/** An address of the range for benchmarks (RFC 2544): so many phones until one comes twice. */
export function phoneAddress(serial: number): string {
  return `198.${18 + ((serial >> 16) & 1)}.${(serial >> 8) & 255}.${serial & 255}`;
}

/** The random part of all refresh tokens. */
export const refreshSecret = Buffer.alloc(32, 7);

/** Every hundredth user is disabled. */
function isDisabled(user: number): boolean {
  return user % 100 === 99;
}

/** The n-th of a series of active users that goes through all of them, in no order that an index has. */
export function pickUser(serial: number, users: number): number {
  // Near the golden section of 10⁹, and without a common divisor with numbers like 250,000.
  const user = (serial * 618_033_989) % users;
  return isDisabled(user) ? user - 1 : user;
}

function uuid(kind: string, user: number): string {
  return `00000000-0000-${kind}-8000-${user.toString(16).padStart(12, '0')}`;
}
