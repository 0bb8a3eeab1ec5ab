import { AuthError } from './auth-error.js';
import type { Clock } from './clock.js';
import { failureMessage, toPromise, withTimeout } from './promises.js';
import type { Answer, RequestOptions, Wechat } from './types.js';

/** WeChat's time-out if the page sets none. */
const defaultTimeoutMs = 60_000;

/** WeChat may report a time-out this much later. */
const timeoutGraceMs = 2000;

/** Calls wx.request, without waiting in the queue. */
export class Network {
  constructor(
    private readonly wx: Wechat,
    private readonly clock: Clock,
  ) {}

  /** @throws {AuthError} `network` if there is no answer */
  async send(options: RequestOptions): Promise<Answer> {
    try {
      return await withTimeout(
        (options.timeout || defaultTimeoutMs) + timeoutGraceMs,
        toPromise<Answer>((callbacks) => this.wx.request(Object.assign({}, options, callbacks))),
      );
    } catch (failure) {
      throw new AuthError('network', failureMessage(failure));
    }
  }

  /** Sends a request to the service, and reads the time from the response. */
  async sendToService(options: RequestOptions): Promise<Answer> {
    const answer = await this.send(options);
    this.clock.synchronize(answer);
    return answer;
  }
}
