import { headerOf } from './header.js';
import type { Answer, Problem } from './types.js';

interface Details {
  message?: string;
  statusCode?: number;
  problem?: Problem;
  reason?: string;
  retryAfter?: number;
}

/** Whatever fails. Switch on `code`: the service's, or one of `network`, `signed_out`, `wx_login_failed`, `phone_unavailable`, `unexpected_answer`. */
export class AuthError extends Error {
  readonly statusCode?: number;
  readonly problem?: Problem;
  /** Why nobody is signed in, where that is so. */
  readonly reason?: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;

  constructor(
    readonly code: string,
    { message, ...details }: Details = {},
  ) {
    super(message || code);
    this.name = 'AuthError';
    Object.assign(this, details);
  }
}

/** What an answer that is no success says. */
export function errorOf(answer: Answer): AuthError {
  const problem = problemOf(answer);
  const retryAfter = Number(headerOf(answer, 'retry-after')) || undefined;
  return new AuthError(problem ? problem.code : 'unexpected_answer', {
    message: problem ? problem.detail : `The answer ${answer.statusCode} is not the service's.`,
    statusCode: answer.statusCode,
    problem,
    retryAfter,
  });
}

/** Undefined where the answer is none of the service's problems. */
export function problemOf({ statusCode, data }: Answer): Problem | undefined {
  if (statusCode < 400) return undefined;
  const document = (typeof data === 'string' ? parse(data) : data) as Problem | null | undefined;
  return document && typeof document.code === 'string' ? document : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function signedOut(reason: string): AuthError {
  return new AuthError('signed_out', {
    message: `Signed out (${reason}): log in, if the person wants to.`,
    reason,
  });
}
