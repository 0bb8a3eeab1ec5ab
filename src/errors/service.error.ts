/**
 * Base of every error that this service raises on purpose. It knows no HTTP: the problem filter turns `code`
 * into a status.
 *
 * `message` is shown to the caller: it says what happened and what to do next, and never carries a secret.
 * `cause` is for the log alone.
 */
export abstract class ServiceError extends Error {
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
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryAfter = options.retryAfter;
    this.members = options.members;
  }
}
