import { AuthError, type Problem } from './auth-error.js';
import { readHeader } from './response-header.js';
import type { Answer } from './types.js';

/** Undefined if the answer is not a problem document of the service. */
export function readProblem({ statusCode, data }: Answer): Problem | undefined {
  if (statusCode < 400) return undefined;
  const document = parseJson(data) as Problem | null | undefined;
  return document && typeof document.code === 'string' ? document : undefined;
}

/** The error for an answer that is not the expected success. It may come from a proxy, or from the login page of a hotel's Wi-Fi. */
export function toAuthError(answer: Answer): AuthError {
  const { statusCode } = answer;
  const problem = readProblem(answer);
  const retryAfter = Number(readHeader(answer, 'retry-after')) || undefined;
  const { code, detail } = problem || {
    code: 'unexpected_answer',
    detail: `The answer with status ${statusCode} is not from the login service.`,
  };
  return new AuthError(code, detail, { statusCode, problem, retryAfter });
}

/** Parses a text. Other values, and a text that is not JSON, stay as they are. */
export function parseJson(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : data;
  } catch {
    return data;
  }
}
