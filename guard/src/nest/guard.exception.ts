import { HttpException } from '@nestjs/common';
import type { GuardError } from '../guard.error.js';

/** A refusal as any filter of the application understands it; its response is the problem document. */
export class GuardException extends HttpException {
  readonly code: string;
  /** What `JwtGuard` has set on the response. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: GuardError) {
    super(error.body, error.status, { cause: error.cause });
    this.message = error.message;
    this.code = error.code;
    this.headers = error.headers;
  }
}
