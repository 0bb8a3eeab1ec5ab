import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  Optional,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors/service.error.js';
import { describeError } from '../errors/describe-error.js';
import { isErrorCode, type ErrorCode } from '../errors/error-codes.js';
import { problems, problemType } from './problem-catalogue.js';
import { Routes } from './routes.js';

/** What the frameworks below raise by themselves, by status. */
const ofStatus: Readonly<Record<number, { code: ErrorCode; detail: string }>> = {
  404: {
    code: 'not_found',
    detail: 'No such path. docs/reference/http-api.md of weapp-auth lists all paths.',
  },
  413: { code: 'payload_too_large', detail: 'The body is larger than this service accepts.' },
  415: {
    code: 'unsupported_media_type',
    detail:
      'Send JSON, with Content-Type: application/json; a file as multipart/form-data, where one is taken.',
  },
};

interface Answer {
  code: ErrorCode;
  detail: string;
  members?: Readonly<Record<string, unknown>>;
  retryAfter?: number;
}

/** Turns whatever was thrown into a problem document (RFC 9457). The one place that knows a code's status. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  /** @param routes where they are known, a wrong method is told from a wrong path */
  constructor(@Optional() private readonly routes?: Routes) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.answer(error, host.switchToHttp().getRequest(), host.switchToHttp().getResponse());
  }

  /** For what fails before Nest is asked, too. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const allowed = this.methodsOfUnmatched(request);
    const { code, detail, members, retryAfter } = allowed.length > 0 ? wrongMethod(allowed) : toAnswer(error);
    const { status, title, ...problem } = problems[code];

    if (status >= 500) this.log(error, { requestId: request.id, code });
    if (allowed.length > 0) void reply.header('Allow', allowed.join(', '));
    if ('challenge' in problem) {
      const { challenge } = problem;
      void reply.header(
        'WWW-Authenticate',
        typeof challenge === 'string' ? challenge : challenge(members ?? {}),
      );
    }
    if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter));
    void reply
      .status(status)
      .header('Content-Type', 'application/problem+json; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('X-Request-Id', request.id)
      .send({
        type: problemType(code),
        title,
        status,
        detail,
        code,
        requestId: request.id,
        ...members,
      });
  }

  /** Which methods the path takes, where the router found nothing for the one that was sent. */
  private methodsOfUnmatched(request: FastifyRequest): string[] {
    return request.is404 ? (this.routes?.methodsOf(request.url.split('?', 1)[0]!) ?? []) : [];
  }

  /** What was foreseen needs no stack: its cause says what happened. */
  private log(error: unknown, line: { requestId: string; code: ErrorCode }): void {
    if (line.code === 'internal_error') this.#logger.error({ ...line, error: describeError(error) });
    else this.#logger.warn({ ...line, ...reasonOf(error) });
  }
}

/** The same for the errors of this service alone: what an application that imports its modules answers them with. */
@Catch(ServiceError)
export class ServiceErrorFilter extends ProblemFilter {}

function reasonOf(error: unknown): { reason?: string } {
  const { cause } = error as Error;
  return cause === undefined ? {} : { reason: describeError(cause).message };
}

function wrongMethod(allowed: string[]): Answer {
  return { code: 'method_not_allowed', detail: `This path takes ${allowed.join(', ')}.` };
}

function toAnswer(error: unknown): Answer {
  if (error instanceof ServiceError) {
    const { code, message, members, retryAfter } = error;
    if (isErrorCode(code) && code !== 'internal_error') return { code, detail: message, members, retryAfter };
  }
  const status = statusOf(error);
  if (status !== undefined) {
    return (
      ofStatus[status] ?? {
        code: 'invalid_request',
        detail: 'The request is malformed: is the body valid JSON?',
      }
    );
  }
  return {
    code: 'internal_error',
    detail:
      'This service failed unexpectedly. Its operator finds the reason in the log, under this requestId.',
  };
}

/** The 4xx status of an error that Nest or Fastify raised. */
function statusOf(error: unknown): number | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
