/** An error that the service answered, or that nothing answered. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  /**
   * @param code of the service; `network` if there was no answer, `unexpected` if the answer was none of the service
   * @param detail a sentence of the service, in English
   */
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string,
    readonly requestId?: string,
    readonly fields: readonly { field: string; message: string }[] = [],
  ) {
    super(detail);
  }

  /** Whether the same request can succeed a moment later. */
  get isTemporary(): boolean {
    return this.code === 'network' || this.status === 503;
  }
}

/** Reads the problem document, or the OAuth error, of a response that failed. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (!isObject(body)) {
    return new ProblemError('unexpected', response.status, `HTTP ${response.status}`, requestId);
  }
  const code = textOf(body.code) ?? textOf(body.error) ?? 'unexpected';
  const detail = textOf(body.detail) ?? textOf(body.error_description) ?? textOf(body.title) ?? code;
  const fields = Array.isArray(body.errors) ? (body.errors as { field: string; message: string }[]) : [];
  return new ProblemError(code, response.status, detail, textOf(body.requestId) ?? requestId, fields);
}

/** @throws {ProblemError} `network` */
export async function fetchOrFail(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ProblemError('network', 0, 'The service did not answer.');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
