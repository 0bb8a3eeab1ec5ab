import type { Call } from './call.js';
import type { Clock } from './clock.js';
import { toPromise, wechatError, withTimeout } from './promises.js';
import type { Answer, RequestOptions, Task, Wechat } from './types.js';

/** The functions of `wx` that send something. */
export type Api = 'request' | 'uploadFile' | 'downloadFile';

/** WeChat's time-out if the page sets none. */
const defaultTimeoutMs = 60_000;

/** WeChat may report a time-out this much later. */
const timeoutGraceMs = 2000;

/** Calls wx.request, wx.uploadFile and wx.downloadFile, without waiting in the queue. */
export class Network {
  constructor(
    private readonly wx: Wechat,
    private readonly clock: Clock,
  ) {}

  /**
   * @param call what it belongs to, if a page can abort it
   * @throws {AuthError} `network` if there is no answer
   */
  async send(options: RequestOptions, api: Api = 'request', call?: Call): Promise<Answer> {
    const { onProgress } = options;
    let header: Answer['header'] = {};
    try {
      const answer = await withTimeout(
        (options.timeout || defaultTimeoutMs) + timeoutGraceMs,
        toPromise<Answer>((callbacks) => {
          const task = this.wx[api]!(Object.assign(withoutOwnOptions(options), callbacks)) as
            Task | undefined;
          if (!call || !task) return task;
          // Answers to uploads and downloads have no header.
          if (api !== 'request' && task.onHeadersReceived) {
            task.onHeadersReceived((received) => (header = received.header));
          }
          if (onProgress && task.onProgressUpdate) task.onProgressUpdate(onProgress);
          call.follow(task);
          return task;
        }),
      );
      return answer.header ? answer : Object.assign({}, answer, { header });
    } catch (failure) {
      throw wechatError('network', failure);
    }
  }

  /** Sends a request to the service, and reads the time from the response. */
  async sendToService(options: RequestOptions, api?: Api, call?: Call): Promise<Answer> {
    const answer = await this.send(options, api, call);
    this.clock.synchronize(answer);
    return answer;
  }
}

/** Without the options that `wx` does not know. */
function withoutOwnOptions(options: RequestOptions): RequestOptions {
  const own = { auth: undefined, onTask: undefined, onProgress: undefined };
  const known = Object.assign({}, options, own);
  for (const name in own) delete known[name];
  return known;
}
