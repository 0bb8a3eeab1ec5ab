import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import type { Dispatcher } from 'undici';
import { Settings } from '../config/settings.js';
import { DurationHistogram } from '../statistics/duration-histogram.js';
import { type Span, type SpanAttributes, tracing } from '../tracing/tracing.js';
import { sendRequest } from './send-request.js';
import { wechatConnections } from './wechat-connections.js';
import { malformed, readResponse, type WechatFields } from './wechat-response.js';
import { WechatApiError } from './wechat-api.error.js';
import { WechatUnavailableError } from './wechat.errors.js';

export type WechatHttpRequest = AxiosRequestConfig & { signal: AbortSignal };

/** Failures of a connection that are worth a second attempt: refused, reset, closed by the other side. */
const connectionLost = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What axios says that it takes. */
const directHeaders = { accept: 'application/json, text/plain, */*' };

/** One request to WeChat, without time-out or retry. */
@Injectable()
export class WechatHttpClient {
  readonly #origin: string;
  /** `WECHAT_BASE_URL` may have a path. */
  readonly #basePath: string;
  /** What the span of each request says of the server. */
  readonly #server: SpanAttributes;
  /**
   * How long WeChat's answers took, by path and errcode: `0` for a yes, and the `WechatFailure` if there was no answer. Each
   * attempt counts.
   */
  readonly durations = new DurationHistogram(['api', 'errcode']);

  constructor(
    private readonly http: HttpService,
    @Inject(wechatConnections) private readonly connections: Dispatcher,
    { wechatBaseUrl }: Settings,
  ) {
    const { origin, protocol, hostname, port, pathname } = new URL(wechatBaseUrl);
    const usualPort = protocol === 'https:' ? 443 : 80;
    this.#server = { 'server.address': hostname, 'server.port': Number(port) || usualPort };
    this.#origin = origin;
    this.#basePath = pathname.replace(/\/+$/, '');
  }

  /**
   * Sends, and reads what came back.
   *
   * @param secrets what of the request must not come back in WeChat's words
   * @throws {WechatUnavailableError}
   */
  async ask(request: WechatHttpRequest, secrets: string[]): Promise<WechatFields | WechatApiError> {
    return this.measure(request, async (span) => {
      const { status, data } = await this.send(request);
      span?.setAttributes(statusAttributes(status));
      return readFields(status, data, secrets);
    });
  }

  /**
   * The same for a GET, without axios, which costs more than the request itself: for what every login asks. See
   * docs/decisions/0021-login-without-axios.md.
   *
   * @param query escaped
   * @throws {WechatUnavailableError}
   */
  async askDirectly(
    path: string,
    query: string,
    signal: AbortSignal,
    secrets: string[],
  ): Promise<WechatFields | WechatApiError> {
    const request = {
      origin: this.#origin,
      path: `${this.#basePath}${path}?${query}`,
      method: 'GET',
      headers: directHeaders,
      signal,
    };
    return this.measure({ url: path }, async (span) => {
      const { status, text } = await sendRequest(this.connections, request).catch((error: unknown) => {
        // That of a DOMException is a number.
        const { code } = error as { code?: unknown };
        throw transportFailure(typeof code === 'string' ? code : 'unknown', signal);
      });
      span?.setAttributes(statusAttributes(status));
      return readFields(status, text, secrets);
    });
  }

  /**
   * The same for an interface that answers with an image. Its `Content-Type` may name another format than the bytes have, so
   * that the bytes decide; what is no image is read as text.
   *
   * @throws {WechatUnavailableError}
   */
  async askForImage(
    request: WechatHttpRequest,
    secrets: string[],
  ): Promise<Buffer | WechatFields | WechatApiError> {
    return this.measure(request, async (span) => {
      const { status, data } = await this.send({ ...request, responseEncoding: 'latin1' });
      span?.setAttributes(statusAttributes(status));
      const bytes = Buffer.from(data, 'latin1');
      if (status === 200 && isImage(bytes)) return bytes;
      return readFields(status, bytes.toString('utf8'), secrets);
    });
  }

  /** @throws {WechatUnavailableError} */
  async send(request: WechatHttpRequest): Promise<AxiosResponse<string>> {
    try {
      return await this.http.axiosRef.request<string>(request);
    } catch (error) {
      // An axios error holds the whole request, the secret and the code among it: none of it goes on from here.
      if (isAxiosError(error)) throw transportFailure(error.code ?? 'unknown', request.signal);
      throw error;
    }
  }

  /** @param request whose `url` is the path of the interface, without a query: queries have secrets */
  private async measure<Answer>(
    { method = 'GET', url: path = '/' }: AxiosRequestConfig,
    ask: (span: Span | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const span = tracing.tracer?.startCall(`${method} ${path}`, {
      'http.request.method': method,
      'url.template': path,
      ...this.#server,
    });
    const began = performance.now();
    let outcome = '0';
    try {
      const answer = await ask(span);
      if (answer instanceof WechatApiError) outcome = String(answer.errcode);
      return answer;
    } catch (error) {
      outcome = failureOf(error);
      throw error;
    } finally {
      this.durations.record([path, outcome], (performance.now() - began) / 1_000);
      span?.end(outcomeAttributes(outcome));
    }
  }
}

function statusAttributes(status: number): SpanAttributes {
  return { 'http.response.status_code': status };
}

/** @param outcome WeChat's errcode, or a word if there is none */
function outcomeAttributes(outcome: string): SpanAttributes {
  const errcode = Number(outcome);
  return {
    ...(Number.isInteger(errcode) && { 'wechat.errcode': errcode }),
    ...(outcome !== '0' && { 'error.type': outcome }),
  };
}

/** WeChat has an errcode for `busy`. */
function failureOf(error: unknown): string {
  if (!(error instanceof WechatUnavailableError)) return 'unknown';
  return error.failure === 'busy' ? '-1' : error.failure;
}

/** How PNG and JPEG begin. */
const imageSignatures = [Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('ffd8ff', 'hex')];

function isImage(bytes: Buffer): boolean {
  return imageSignatures.some((signature) => bytes.subarray(0, signature.length).equals(signature));
}

/** @throws {WechatUnavailableError} */
function readFields(status: number, text: string, secrets: string[]): WechatFields | WechatApiError {
  const answer = readResponse(status, text);
  return answer instanceof WechatApiError ? answer.without(secrets) : answer;
}

function transportFailure(code: string, signal: AbortSignal): WechatUnavailableError {
  if (signal.aborted) return new WechatUnavailableError('timed_out');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code === 'ERR_BUFFER_TOO_LARGE') {
    return malformed('too long');
  }
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR_FORMAT')) {
    return malformed('not compressed as its Content-Encoding says');
  }
  return new WechatUnavailableError(connectionLost.has(code) ? 'disconnected' : 'unreachable', {
    cause: new Error(`connection failed with ${code}`),
    unsent: code === 'ECONNREFUSED',
  });
}
