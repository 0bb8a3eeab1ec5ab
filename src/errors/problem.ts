import { isErrorCode, type ErrorCode } from './error-codes.js';
import { problems, problemType } from './problem-catalogue.js';

/** What a refusal says. */
export interface Refusal {
  code: ErrorCode;
  /** What happened, and what to do next. */
  detail: string;
  /** Members of the document beside the standard ones. */
  members?: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
}

/** A problem document (RFC 9457), but for the id of the request. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  [member: string]: unknown;
}

/** The caller learns nothing of what was not foreseen. */
export const unforeseen: Refusal = {
  code: 'internal_error',
  detail: 'This service failed unexpectedly. Its operator finds the reason in the log, under this requestId.',
};

/** What a caller may know of an error with this code. */
export function refusalOf(code: string, refusal: Omit<Refusal, 'code'>): Refusal {
  return isErrorCode(code) && code !== 'internal_error' ? { code, ...refusal } : unforeseen;
}

export function createProblem({ code, detail, members }: Refusal): ProblemDocument {
  const { status, title } = problems[code];
  return { type: problemType(code), title, status, detail, code, ...members };
}

/** The headers that belong to a problem document, beside its Content-Type. */
export function problemHeaders({ code, members = {}, retryAfter }: Refusal): Record<string, string> {
  const problem = problems[code];
  const challenge = 'challenge' in problem ? problem.challenge : undefined;
  return {
    ...(challenge !== undefined && {
      'WWW-Authenticate': typeof challenge === 'string' ? challenge : challenge(members),
    }),
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  };
}
