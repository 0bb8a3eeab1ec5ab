import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import { firstValueFrom } from 'rxjs';
import { malformed, readResponse, type WechatFields } from './wechat-response.js';
import { WechatApiError } from './wechat-api.error.js';
import { WechatUnavailableError } from './wechat.errors.js';

export type WechatHttpRequest = AxiosRequestConfig & { signal: AbortSignal };

/** Failures of a connection that are worth a second attempt: refused, reset, closed by the other side. */
const connectionLost = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** One request to WeChat, without time-out or retry. */
@Injectable()
export class WechatHttpClient {
  constructor(private readonly http: HttpService) {}

  /**
   * Sends, and reads what came back.
   *
   * @param secrets what of the request must not come back in WeChat's words
   * @throws {WechatUnavailableError}
   */
  async ask(request: WechatHttpRequest, secrets: string[]): Promise<WechatFields | WechatApiError> {
    const { status, data } = await this.send(request);
    const answer = readResponse(status, data);
    return answer instanceof WechatApiError ? answer.without(secrets) : answer;
  }

  /** @throws {WechatUnavailableError} */
  async send(request: WechatHttpRequest): Promise<AxiosResponse<string>> {
    try {
      return await firstValueFrom(this.http.request<string>(request));
    } catch (error) {
      // An axios error holds the whole request, the secret and the code among it: none of it goes on from here.
      if (isAxiosError(error)) throw transportFailure(error.code ?? 'unknown', request.signal);
      throw error;
    }
  }
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
