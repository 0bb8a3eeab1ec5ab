/** A failure that its message explains in full: shown without a stack. */
export class LocalError extends Error {
  override readonly name = 'LocalError';
}

/** The code by which Node names what went wrong, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
