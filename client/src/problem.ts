import { AuthError, type Problem } from './auth-error.js';
import { headerOf } from './header.js';
import type { Answer } from './types.js';

/** Undefined where the answer is none of the service's problems. */
export function problemOf({ statusCode, data }: Answer): Problem | undefined {
  if (statusCode < 400) return undefined;
  const document = (typeof data === 'string' ? parse(data) : data) as Problem | null | undefined;
  return document && typeof document.code === 'string' ? document : undefined;
}

/** What an answer says that is no success, or claims to be one: a proxy's, or that of a hotel which wants to be paid first. */
export function errorOf(answer: Answer): AuthError {
  const { statusCode } = answer;
  const problem = problemOf(answer);
  const retryAfter = Number(headerOf(answer, 'retry-after')) || undefined;
  const { code, detail } = problem || {
    code: 'unexpected_answer',
    detail: `${statusCode}, and not from the login service`,
  };
  return new AuthError(code, detail, { statusCode, problem, retryAfter });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
