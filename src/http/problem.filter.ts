import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { describeError } from '../errors/describe-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import {
  createProblem,
  type ProblemDocument,
  problemHeaders,
  type Refusal,
  unforeseen,
} from '../errors/problem.js';
import { ServiceError } from '../errors/service.error.js';
import { type HttpRequest, rawRequest } from './http-request.js';
import { outageLog, overloadLog } from './refusal-log.js';
import { requestIdOf } from './request-id.js';
import { spanOf } from './request-span.js';
import { Routes } from './routes.js';

/** What the frameworks below raise by themselves, by status. */
const ofStatus: Readonly<Record<number, Refusal>> = {
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

/** The body of an answer. */
export interface ErrorBody {
  contentType: string;
  body: object;
}

/**
 * Turns whatever was thrown into a problem document (RFC 9457). For other than HTTP it is left as it is: GraphQL has a
 * form of its own for errors.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  /** @param routes where they are known, a wrong method is told from a wrong path */
  constructor(
    private readonly host: HttpAdapterHost,
    @Optional() private readonly routes?: Routes,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return error;
    const http = host.switchToHttp();
    this.answer(error, http.getRequest(), http.getResponse());
    return undefined;
  }

  /** For what fails before Nest is asked, too. */
  answer(error: unknown, request: HttpRequest, response: unknown): void {
    const allowed = this.methodsOfUnmatched(request);
    const refusal = allowed.length > 0 ? wrongMethod(allowed) : toRefusal(error);
    const problem = createProblem(refusal);
    const requestId = requestIdOf(rawRequest(request));
    spanOf(rawRequest(request))?.setAttributes({ 'weapp_auth.error_code': refusal.code });

    if (refusal.code === 'overloaded') overloadLog.count(problem.detail);
    else if (refusal.code === 'database_unavailable') outageLog.count(reasonOf(error) ?? problem.detail);
    else if (problem.status >= 500) this.log(error, { requestId, code: refusal.code });
    const { contentType, body } = this.toBody(problem, requestId);
    const headers = {
      ...(allowed.length > 0 && { Allow: allowed.join(', ') }),
      ...problemHeaders(refusal),
      'Content-Type': contentType,
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
    };
    this.send(response, problem.status, headers, body);
  }

  protected send(response: unknown, status: number, headers: Record<string, string>, body: object): void {
    const { httpAdapter: adapter } = this.host;
    if (adapter.isHeadersSent(response)) {
      adapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    // Not `reply(…, status)`: with a status above 400, Express of Nest 11 replaces every type but `application/json`, and warns.
    adapter.status(response, status);
    adapter.reply(response, body);
  }

  protected toBody(problem: ProblemDocument, requestId: string): ErrorBody {
    return { contentType: 'application/problem+json; charset=utf-8', body: { ...problem, requestId } };
  }

  /** Which methods the path takes, where the router found nothing for the one that was sent. A route can find nothing, too. */
  private methodsOfUnmatched({ is404, method, url }: HttpRequest & { is404?: boolean }): string[] {
    const methods = is404 ? (this.routes?.methodsOf(url.split('?', 1)[0]!) ?? []) : [];
    return methods.includes(method) ? [] : methods;
  }

  /** What was foreseen needs no stack: its cause says what happened. */
  private log(error: unknown, line: { requestId: string; code: ErrorCode }): void {
    if (line.code === 'internal_error') this.#logger.error({ ...line, error: describeError(error) });
    else this.#logger.warn({ ...line, reason: reasonOf(error) });
  }
}

/** The same for the errors of this service alone: what an application that imports its modules answers them with. */
@Catch(ServiceError)
export class ServiceErrorFilter extends ProblemFilter {}

function reasonOf(error: unknown): string | undefined {
  const { cause } = error as Error;
  return cause === undefined ? undefined : describeError(cause).message;
}

function wrongMethod(allowed: string[]): Refusal {
  return { code: 'method_not_allowed', detail: `This path takes ${allowed.join(', ')}.` };
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof ServiceError) return error.refusal;
  const status = statusOf(error);
  if (status === undefined) return unforeseen;
  return (
    ofStatus[status] ?? {
      code: 'invalid_request',
      detail: 'The request is malformed: is the body valid JSON?',
    }
  );
}

/** The 4xx status of an error that Nest or Fastify raised. */
function statusOf(error: unknown): number | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
