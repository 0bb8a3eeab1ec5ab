import { expect } from 'vitest';
import type { Answer, ServiceNode } from './node.js';
import type { World } from './world.js';

/** A page, a server with a secret, and another page. */
export const shop = { id: 'shop', name: 'Tea shop', origins: ['https://shop.example.com'] };
export const reports = { id: 'reports', name: 'Reports', origins: [], secret: 'a&secret:of+reports%' };
export const blog = { id: 'blog', name: 'Blog', origins: ['https://blog.example.com'] };

/** The settings of nodes that serve them. */
export const scanSettings = { WEB_CLIENTS: JSON.stringify([shop, reports, blog]) };

export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const formType = 'application/x-www-form-urlencoded';

/** A code that a web client shows. */
export interface ShownCode {
  deviceCode: string;
  userCode: string;
  scene: string;
}

/** Posts a form to `/oauth/{path}`. */
export function postForm(
  node: ServiceNode,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
  from?: string,
): Promise<Answer> {
  const body = new URLSearchParams(form).toString();
  return node.call('POST', `/oauth/${path}`, {
    body,
    from,
    headers: { 'content-type': formType, ...headers },
  });
}

/** A web client shows a code. */
export async function showCode(node: ServiceNode, clientId = shop.id, from?: string): Promise<ShownCode> {
  const { status, body } = await postForm(node, 'device_authorization', { client_id: clientId }, {}, from);
  expect(status).toBe(200);
  const scene = body.qr_code_uri.split('/').at(-1);
  node.tokens.add(scene).add(body.user_code);
  return { deviceCode: body.device_code, userCode: body.user_code, scene };
}

/** A web client asks for the tokens of a code. */
export function askForTokens(
  node: ServiceNode,
  { deviceCode }: Pick<ShownCode, 'deviceCode'>,
  clientId = shop.id,
): Promise<Answer> {
  return postForm(node, 'token', {
    grant_type: deviceCodeGrant,
    device_code: deviceCode,
    client_id: clientId,
  });
}

/** The answer of OAuth with this error. */
export function oauthError(status: number, error: string) {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: { error, error_description: expect.any(String) },
  };
}

/** A signed-in phone. */
export class ScanningPhone {
  private constructor(
    private readonly node: ServiceNode,
    readonly userId: string,
    readonly accessToken: string,
  ) {}

  static async signIn(world: World, node: ServiceNode, user: string, appid?: string): Promise<ScanningPhone> {
    const { body } = await world.login(node, user, appid);
    return new ScanningPhone(node, body.user.id, body.accessToken);
  }

  look(reference: object): Promise<Answer> {
    return this.node.as(this.accessToken, 'POST', '/me/scans/look', reference);
  }

  decide(reference: object, approve: boolean): Promise<Answer> {
    return this.node.as(this.accessToken, 'POST', '/me/scans/decide', { ...reference, approve });
  }

  /** Looks at a code and approves it. */
  async approve({ scene }: Pick<ShownCode, 'scene'>): Promise<void> {
    for (const { status, text } of [await this.look({ scene }), await this.decide({ scene }, true)]) {
      if (status >= 300) throw new Error(`The phone was refused: ${text}`);
    }
  }
}

/** The events that a page receives. */
export class EventStream {
  /** All that came so far. */
  text = '';
  isOver = false;
  /** Whether the connection broke off before the end of the response. */
  isCutOff = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {}

  static async open(node: ServiceNode, { deviceCode }: Pick<ShownCode, 'deviceCode'>): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(new URL('/oauth/device_authorization/events', node.url), {
      method: 'POST',
      body: new URLSearchParams({ client_id: shop.id, device_code: deviceCode }),
      signal: abort.signal,
    });
    const stream = new EventStream(response, abort);
    void stream.read();
    return stream;
  }

  /** The names of the events, in order. */
  get names(): string[] {
    return [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name!);
  }

  /** The data of the last event. */
  get data(): unknown {
    return JSON.parse(this.text.split('data: ').at(-1)!);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) {
        this.text += decoder.decode(chunk as Uint8Array, { stream: true });
      }
    } catch {
      // Closed, or the node has died.
      this.isCutOff = true;
    }
    this.isOver = true;
  }
}
