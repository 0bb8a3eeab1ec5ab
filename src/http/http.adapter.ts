import { Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger as Pino } from 'pino';
import type { Settings } from '../config/settings.js';
import { maxBodyBytes, raiseBodyLimit, refuseManyMembers } from './body-limit.js';
import { tracing } from '../tracing/tracing.js';
import { canonicalAddress, trustedProxies } from '../validation/ip-address.js';
import { answerClientError } from './client-error.js';
import { refuseEarly } from './early-refusal.js';
import { takeForms } from './form-parser.js';
import { UnsupportedMediaTypeError } from './http.errors.js';
import { OAuthErrorFilter } from './oauth-error.filter.js';
import { ProblemFilter } from './problem.filter.js';
import { requestIdOf } from './request-id.js';
import { RequestLog } from './request-log.js';
import { Routes } from './routes.js';
import { SecureResponse } from './secure-response.js';
import { traceRequests } from './trace-requests.js';

const typesTaken =
  'Send JSON, with Content-Type: application/json; a file as multipart/form-data, if the route takes one.';

/** Milliseconds in which a request must have arrived, its body included: a slow phone's, but not for ever. */
const requestTimeoutMs = 60_000;

/**
 * No page asks these paths. A proxy may ask with the method of its visitor, and take any 2xx for a yes: the 204 of a
 * preflight would let a visitor in without a token.
 */
const forProxies = /^\/auth\/verify(?:[/?]|$)/;

/**
 * What stands between the socket and the routes: limits, request ids, security headers, the log, and which proxies are
 * believed.
 */
export function createHttpAdapter({ trustProxy }: Settings, log: Pino): FastifyAdapter {
  const isTrusted = trustedProxies(trustProxy);
  const adapter = new FastifyAdapter({
    loggerInstance: log,
    logController: new RequestLog({ requestIdLogLabel: 'requestId' }),
    http: { ServerResponse: SecureResponse },
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    trustProxy: isTrusted,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      filter.answer(error, request, reply),
    // Requests that come over an open connection while the service stops are finished, not refused.
    return503OnClosing: false,
  });
  const host = new HttpAdapterHost();
  host.httpAdapter = adapter;
  const filter = new ProblemFilter(host);
  const oauthFilter = new OAuthErrorFilter(host);
  const fastify = adapter.getInstance();
  // JSON is all that is taken, but by the routes that take a form or a file.
  fastify.removeContentTypeParser(['text/plain', 'application/json']);
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    // Many a client names a type for a request without a body.
    if (body === '') return done(null, undefined);
    try {
      refuseManyMembers(request, body);
    } catch (error) {
      return done(error as Error);
    }
    void parseJson(request, body, done);
  });
  fastify.addContentTypeParser('*', (request, _body, done) => {
    if (isEmpty(request)) done(null, undefined);
    else done(new UnsupportedMediaTypeError(typesTaken));
  });
  takeForms(fastify, (error, request, reply) => oauthFilter.answer(error, request, reply));
  fastify.addHook('onRoute', raiseBodyLimit);
  if (tracing.tracer !== undefined) traceRequests(fastify, tracing.tracer);
  const warnOfUnknownProxy = unknownProxyWarning(isTrusted);
  const warnOfMissingAddress = missingAddressWarning();
  // Few hooks, and with a callback: after an async one, the rest of the request waits for its turn.
  fastify.addHook('onRequest', (request, _reply, done) => {
    warnOfUnknownProxy(request);
    warnOfMissingAddress(request);
    done(refuseCompressed(request));
  });
  return adapter;
}

/** The error for a compressed body. Nothing is unpacked here: the sender would choose how much comes out. */
function refuseCompressed({ headers, is404 }: FastifyRequest): UnsupportedMediaTypeError | undefined {
  const encoding = headers['content-encoding'];
  if (is404 || encoding === undefined || encoding.toLowerCase() === 'identity') return undefined;
  return new UnsupportedMediaTypeError('Send the body as it is, without Content-Encoding.');
}

function isEmpty({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/** What stands before and behind every route: CORS, problem documents. */
export function configureHttp(app: NestFastifyApplication, { corsOrigins, webClients }: Settings): void {
  const routes = new Routes();
  const filter = new ProblemFilter(app.get(HttpAdapterHost), routes);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => routes.add(route))
    .addHook('onRoute', refuseEarly(app, filter));
  const origins = [...corsOrigins, ...webClients.flatMap((client) => client.origins)];
  if (origins.length > 0) {
    const forPages = {
      origin: origins,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate'],
      maxAge: 600,
      // An OPTIONS that is no preflight gets an empty 204, and not the plugin's own 400.
      strictPreflight: false,
    };
    app.enableCors({
      delegator: ({ url }, callback) => callback(null, forProxies.test(url) ? { origin: false } : forPages),
    });
  }
  app.useGlobalFilters(filter);
}

/** A proxy that is not in TRUST_PROXY makes all its visitors one: worth one line, not one per request. */
function unknownProxyWarning(
  isTrusted: (address: string | undefined) => boolean,
): (request: FastifyRequest) => void {
  const logger = new Logger('TrustProxy');
  let warned = false;
  return ({ headers, socket: { remoteAddress } }) => {
    if (warned || headers['x-forwarded-for'] === undefined || isTrusted(remoteAddress)) return;
    warned = true;
    const [peer, entry] =
      remoteAddress === undefined
        ? ['the Unix socket', 'unix:']
        : [canonicalAddress(remoteAddress) ?? 'a peer without address', 'it'];
    logger.warn(
      `X-Forwarded-For came from ${peer}, which TRUST_PROXY does not list, and was ignored. If that is your proxy, and ` +
        `only then, add ${entry}: otherwise all of its visitors share one address and one rate limit.`,
    );
  };
}

/** Who comes over a Unix socket has no address but that in the header. A health check needs none. */
function missingAddressWarning(): (request: FastifyRequest) => void {
  const logger = new Logger('TrustProxy');
  let warned = false;
  return ({ headers, socket: { remoteAddress }, url }) => {
    if (warned || remoteAddress !== undefined || headers['x-forwarded-for'] !== undefined) return;
    if (url.startsWith('/health/')) return;
    warned = true;
    logger.warn(
      'A request came over the Unix socket without X-Forwarded-For. Such visitors share one address and one rate limit. ' +
        'Let your proxy send X-Forwarded-For, and set TRUST_PROXY=unix:.',
    );
  };
}
