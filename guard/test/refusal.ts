import { expect } from 'vitest';
import { GuardError, type GuardErrorCode } from '../src/index.js';

/** The refusal with which the work ends. */
export async function refusalOf(work: Promise<unknown>): Promise<GuardError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GuardError);
  return error as GuardError;
}

/** Expects the work to end with this refusal. */
export async function expectProblem(work: Promise<unknown>, code: GuardErrorCode): Promise<void> {
  expect((await refusalOf(work)).code).toBe(code);
}
