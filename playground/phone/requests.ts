import { parsed, type Network, type ServiceAnswer } from './network.js';
import type { TemporaryFiles } from './temporary-files.js';
import { Failure, settle, type Callbacks } from './wechat-call.js';

interface RequestOptions extends Callbacks {
  url: string;
  method?: string;
  data?: unknown;
  header?: Record<string, unknown>;
  timeout?: number;
  dataType?: string;
  responseType?: string;
  redirect?: string;
}

interface UploadOptions extends Callbacks {
  url: string;
  filePath: string;
  name: string;
  header?: Record<string, unknown>;
  formData?: Record<string, unknown>;
  timeout?: number;
}

interface Task {
  abort(): void;
}

/** WeChat's default time-out in milliseconds. */
const defaultTimeout = 60_000;

/** The methods of WeChat, which has no PATCH. */
const methods = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'];

/** `wx.request` and `wx.uploadFile`. Both return a task, never a promise. */
export class Requests {
  constructor(
    private readonly network: Network,
    private readonly files: TemporaryFiles,
  ) {}

  /** @see https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html */
  request(options: RequestOptions): Task {
    const { url, data, dataType = 'json', responseType = 'text', redirect } = options;
    const method = (options.method ?? 'GET').toUpperCase();
    const headers = { 'content-type': 'application/json', ...lowerCased(options.header) };
    const inQuery = method === 'GET' || method === 'HEAD';
    const carried = data ?? null;
    return this.start('request', options, async (signal) => {
      // WeChat's exact text is unknown.
      if (!methods.includes(method)) throw new Failure(`invalid method ${method}`);
      const answer = await this.network.askService({
        by: 'request',
        url: inQuery ? withQuery(url, data) : url,
        method,
        headers,
        body: inQuery ? undefined : bodyOf(data, headers['content-type']),
        carried,
        redirect: redirect === 'manual' ? 'manual' : 'follow',
        signal,
      });
      return {
        ...seen(answer),
        data: responseType === 'arraybuffer' ? answer.body : textOrJson(answer, dataType === 'json'),
        cookies: [],
      };
    });
  }

  /** @see https://developers.weixin.qq.com/miniprogram/dev/api/network/upload/wx.uploadFile.html */
  uploadFile(options: UploadOptions): Task {
    const { url, filePath, name, formData = {} } = options;
    const { 'content-type': _, ...headers } = lowerCased(options.header);
    return this.start('uploadFile', options, async (signal) => {
      const file = this.files.file(filePath);
      if (!file) throw new Failure(`file not found: ${filePath}`);
      const body = new FormData();
      for (const [field, value] of Object.entries(formData)) body.append(field, String(value));
      body.append(name, file, filePath.split('/').at(-1));
      const carried = { ...formData, [name]: `${file.type}, ${file.size} bytes` };
      const sent = { by: 'uploadFile', url, method: 'POST', headers, body, carried };
      const answer = await this.network.askService({ ...sent, redirect: 'follow', signal });
      return { ...seen(answer), data: textOrJson(answer, false) };
    });
  }

  private start(
    name: string,
    options: Callbacks & { timeout?: number },
    send: (signal: AbortSignal) => Promise<object>,
  ): Task {
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new Failure('timeout', 5)),
      options.timeout ?? defaultTimeout,
    );
    void settle(name, options, () => send(controller.signal).finally(() => clearTimeout(timer)))?.catch(
      () => {},
    );
    return { abort: () => controller.abort(new Failure('abort')) };
  }
}

function lowerCased(header: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function withQuery(url: string, data: unknown): string {
  if (typeof data !== 'object' || data === null) return url;
  const query = queryOf(data);
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url;
}

function queryOf(data: object): string {
  return Object.entries(data)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
}

function bodyOf(data: unknown, contentType = ''): BodyInit | undefined {
  if (data === undefined || data === null) return undefined;
  if (typeof data === 'string' || data instanceof ArrayBuffer) return data;
  return contentType.includes('x-www-form-urlencoded') ? queryOf(data) : JSON.stringify(data);
}

function seen({ status, headers }: ServiceAnswer): { statusCode: number; header: Record<string, string> } {
  return { statusCode: status, header: headers };
}

function textOrJson({ body }: ServiceAnswer, isJson: boolean): unknown {
  const text = new TextDecoder().decode(body);
  return isJson ? parsed(text) : text;
}
