import { expect } from 'vitest';
import type { Answer } from './node.js';

/** The answer is a problem document with this status and code. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': answer.body.requestId,
    },
    body: { status, code, type: `urn:problem-type:weapp-auth:${code}`, title: expect.any(String) },
  });
}

/** The request is refused because of one field, and the answer says why. */
export function expectInvalidField({ status, body }: Answer, field: string, message: string): void {
  expect({ status, code: body.code, errors: body.errors }).toEqual({
    status: 400,
    code: 'invalid_request',
    errors: [{ field, message }],
  });
}
