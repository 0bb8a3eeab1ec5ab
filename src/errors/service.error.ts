import { HttpException } from '@nestjs/common';
import { createProblem, type ProblemDocument, problemHeaders, type Refusal, refusalOf } from './problem.js';

/**
 * Base of every error that this service raises on purpose. Its `code` alone says how it is answered: the catalogue of
 * problems has the status and the headers for it. Any filter of an application understands it, since it is an
 * `HttpException`; `ServiceErrorFilter` answers it as this service does.
 *
 * `message` is shown to the caller: it says what happened and what to do next, and never carries a secret.
 * `cause` is for the log alone.
 */
export abstract class ServiceError extends HttpException {
  /** What clients switch on; stable across versions. */
  abstract readonly code: string;

  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  readonly retryAfter?: number;

  /** Members added to the problem document beside the standard ones, for instance `reason`. */
  readonly members?: Readonly<Record<string, unknown>>;

  constructor(
    message: string,
    options: { cause?: unknown; retryAfter?: number; members?: Record<string, unknown> } = {},
  ) {
    super(message, 500, { cause: options.cause });
    this.retryAfter = options.retryAfter;
    this.members = options.members;
    // Some read these instead of asking the methods. A subclass has its code only after this has run.
    Object.defineProperties(this, {
      status: { get: () => this.getStatus() },
      response: { get: () => this.getResponse() },
    });
  }

  /** The HTTP status. */
  override getStatus(): number {
    return this.getResponse().status;
  }

  /** The problem document (RFC 9457), but for the id of the request. */
  override getResponse(): ProblemDocument {
    return createProblem(this.refusal);
  }

  /** The headers that belong to the answer: `WWW-Authenticate` and `Retry-After`, if it has them. */
  getHeaders(): Record<string, string> {
    return problemHeaders(this.refusal);
  }

  /** What a caller may know of it. */
  get refusal(): Refusal {
    const { code, message: detail, members, retryAfter } = this;
    return refusalOf(code, { detail, members, retryAfter });
  }
}
