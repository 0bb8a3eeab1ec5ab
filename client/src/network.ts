import { AuthError } from './auth-error.js';
import { messageOf, promised, within } from './callbacks.js';
import type { Clock } from './clock.js';
import type { Answer, RequestOptions, Wechat } from './types.js';

/** What WeChat gives a request where the page names no time-out. Milliseconds. */
const usualTimeout = 60_000;

/** How much longer WeChat may take to say that a request has timed out. Milliseconds. */
const grace = 2000;

/** wx.request, at once. */
export class Network {
  constructor(
    private readonly wx: Wechat,
    private readonly clock: Clock,
  ) {}

  /** @throws {AuthError} `network`, where there is no answer */
  async send(options: RequestOptions): Promise<Answer> {
    try {
      return await within(
        (options.timeout || usualTimeout) + grace,
        promised<Answer>((callbacks) => this.wx.request(Object.assign({}, options, callbacks))),
      );
    } catch (failure) {
      throw new AuthError('network', messageOf(failure));
    }
  }

  /** To the service, whose answers show what time it is. */
  async sendOwn(options: RequestOptions): Promise<Answer> {
    const answer = await this.send(options);
    this.clock.learn(answer);
    return answer;
  }
}
