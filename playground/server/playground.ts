import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Emulator } from '../../emulator/src/index.js';
import type { WechatApp } from '../../src/config/settings.js';
import type { BuiltFile } from './build-phone.js';
import type { BuiltPlayground } from './build.js';
import { forward, targetBelow } from './forward.js';
import { LiveStream } from './live-stream.js';
import {
  type PhoneApp,
  type ServerFault,
  serverFaults,
  type Setup,
  type WebhookMessage,
} from './live-events.js';
import { createRefusal } from './local-visitors.js';
import { PlaygroundAdmin } from './admin.js';
import { UserRecords } from './user-records.js';
import { ServerFaults } from './server-faults.js';
import { watchWebCalls } from './web-calls.js';

/** What the playground needs. */
export interface PlaygroundOptions {
  built: BuiltPlayground;
  emulator: Emulator;
  serviceUrl: string;
  port: number;
  databaseUrl: string;
  /** The mini-programs of the service. */
  apps: readonly Pick<WechatApp, 'appid' | 'name'>[];
  /** The name of the admin in the emulator. It is a secret: whoever knows it can log in as the admin. */
  adminName: string;
  /** Whether the service has the console. */
  hasConsole: boolean;
  /** Gives a user the role `admin`, as `npm run admin:grant` does. */
  grantAdmin: (userId: string) => Promise<void>;
  /** The secret of the webhook that sends to {@link webhookPath}, if the service has it. */
  webhookSecret: string | undefined;
}

/** Where the playground receives the messages of a webhook, in the role of the application. */
export const webhookPath = '/playground/webhook';

/** The user of the phone, in the emulator. */
export const userName = '小明';

const servicePrefix = '/playground/service';
const wechatPrefix = '/playground/wechat';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Avatars have the address of the service, which may be another name of this machine than the page's.
  "img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*",
  "connect-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** User agents of WeChat on several phones, so that the list of devices shows different ones. */
const userAgents: Readonly<Record<string, string>> = {
  '1': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2c) NetType/WIFI Language/zh_CN',
  '2': 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.60(0x28003c31) NetType/WIFI Language/zh_CN',
};

/**
 * A page at `/` with a phone that runs the demo mini-program. It shows the calls that the phone causes. Only
 * `npm start` has it, and only for a browser on this machine.
 */
export class Playground {
  readonly #userRecords: UserRecords;
  readonly #faults: ServerFaults;
  readonly #stream: LiveStream;
  readonly #admin: PlaygroundAdmin;
  readonly #apps: { app: PhoneApp; otherApp: PhoneApp | null };

  constructor(private readonly options: PlaygroundOptions) {
    const { emulator, serviceUrl, databaseUrl, apps, adminName, grantAdmin } = options;
    const { wechat, phone } = emulator;
    this.#apps = chooseApps(options);
    const { appid } = this.#apps.app;
    this.#userRecords = new UserRecords(
      databaseUrl,
      apps.map((app) => app.appid),
    );
    wechat.users.hide(adminName);
    this.#admin = new PlaygroundAdmin(
      serviceUrl,
      () => ({ appid, code: phone.login(appid, adminName).code }),
      grantAdmin,
    );
    this.#faults = new ServerFaults(wechat, this.#admin, this.#userRecords);
    this.#stream = new LiveStream(wechat, this.#userRecords, this.#faults);
  }

  /** Adds the playground's routes, before the service listens. */
  async addTo(fastify: FastifyInstance): Promise<void> {
    watchWebCalls(fastify, (event) => this.#stream.send(event));
    await fastify.register(async (scope) => this.addRoutes(scope), { logLevel: 'silent' });
  }

  /** Disconnects the pages, because the service waits for open connections when it stops. */
  async stop(): Promise<void> {
    this.#stream.close();
    await this.#userRecords.close();
  }

  private addRoutes(scope: FastifyInstance): void {
    guard(scope, this.options.port);
    // Bodies are forwarded without parsing.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));

    const { page, files, baseUrl } = this.options.built;
    serveFile(scope, '/', page);
    for (const [name, file] of files) serveFile(scope, `/playground/${name}`, file);

    scope.get('/playground/setup', async (): Promise<Setup> => {
      const { hasConsole } = this.options;
      return { user: userName, serviceUrl: baseUrl, hasConsole, ...this.#apps };
    });
    scope.get('/playground/events', (_request, reply) => this.watch(reply));
    scope.post<{ Params: { fault: string } }>('/playground/faults/:fault', (request, reply) =>
      this.setFault(request, reply),
    );
    scope.post('/playground/start-over', async (_request, reply) => {
      await this.#faults.startOver(userName);
      this.#stream.look();
      return reply.code(204).send();
    });
    const { webhookSecret } = this.options;
    if (webhookSecret !== undefined) {
      const webhook = new Webhook(webhookSecret);
      scope.post(webhookPath, (request, reply) => this.receiveMessage(webhook, request, reply));
    }
    scope.all(`${servicePrefix}/*`, (request, reply) => this.askService(request, reply));
    scope.get(`${wechatPrefix}/wxacodes`, (request, reply) => this.askEmulator(request, reply, '/wxacodes'));
    scope.post(`${wechatPrefix}/wx/:name`, (request, reply) => this.askWechat(request, reply));
  }

  private async watch(reply: FastifyReply): Promise<void> {
    // Before the page listens: this login is not part of what it shows.
    await this.#admin.signIn().catch(() => {});
    reply.hijack();
    this.#stream.add(userName, reply.raw);
  }

  private async setFault(
    { params, query }: FastifyRequest<{ Params: { fault: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { appid, on } = query as { appid?: string; on?: string };
    const fault = serverFaults.find((each): each is ServerFault => each === params.fault);
    const isServed = this.options.apps.some((app) => app.appid === appid);
    if (!fault || !isServed) return reply.code(400).send('Not a fault, or not an appid that is served.');
    await this.#faults.set(fault, on !== 'false', { user: userName, appid: appid! });
    this.#stream.look();
    return reply.code(204).send();
  }

  private async receiveMessage(
    webhook: Webhook,
    { body, headers }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    let message: WebhookMessage;
    try {
      const payload = await text(body as IncomingMessage);
      message = webhook.verify(payload, headers as Record<string, string>) as WebhookMessage;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      return reply
        .code(400)
        .send('Not a message of the webhook: its signature is wrong, missing or too old.');
    }
    // Nobody sees the admin on the page.
    if (message.data.userId !== this.#admin.userId) this.#stream.sendWebhookMessage(message);
    return reply.code(204).send();
  }

  private async askService(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const target = targetBelow(servicePrefix, request.raw.url ?? '');
    if (target === undefined || /^\/(playground\b|$)/.test(pathOf(target))) {
      await reply.code(400).send('Not a path of the service.');
      return;
    }
    const { 'x-playground-appid': appid, 'x-playground-phone': phone } = request.headers;
    await forward(request, reply, {
      origin: this.options.serviceUrl,
      target,
      headers: {
        'user-agent': userAgents[String(phone)] ?? userAgents['1']!,
        // The Referer that wx.request sends in the developer tools.
        ...(typeof appid === 'string' && /^wx\w+$/.test(appid)
          ? { referer: `https://servicewechat.com/${appid}/devtools/page-frame.html` }
          : {}),
      },
    });
    this.#stream.look();
  }

  private async askWechat(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const target = targetBelow(wechatPrefix, request.raw.url ?? '');
    if (target === undefined || !/^\/wx\/[A-Za-z]+$/.test(target)) {
      await reply.code(400).send('Not a call of the emulated phone.');
      return;
    }
    await this.askEmulator(request, reply, target);
  }

  private async askEmulator(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
    const { url: origin } = this.options.emulator;
    await forward(request, reply, { origin, target: `/__emulator__${path}` });
  }
}

/** The path as a router reads it. */
function pathOf(target: string): string {
  return decodeURIComponent(target.split('?', 1)[0]!);
}

/** Chooses the first mini-program, and another one of the same Open Platform account. */
function chooseApps({ apps, emulator }: PlaygroundOptions): { app: PhoneApp; otherApp: PhoneApp | null } {
  const [first, ...others] = apps.map(({ appid, name = null }) => ({ appid, name }));
  if (!first) throw new Error('The service has no mini-program.');
  const known = emulator.wechat.apps.all();
  const accountOf = ({ appid }: PhoneApp) => known.find((app) => app.appid === appid)?.openPlatform;
  const account = accountOf(first);
  const otherApp = others.find((other) => account !== undefined && accountOf(other) === account);
  return { app: first, otherApp: otherApp ?? null };
}

/** Serves a page without a phone at `/`, only to this machine. */
export function addPageAlone(fastify: FastifyInstance, page: BuiltFile, port: number): void {
  void fastify.register(
    async (scope) => {
      guard(scope, port);
      serveFile(scope, '/', page);
    },
    { logLevel: 'silent' },
  );
}

function guard(scope: FastifyInstance, port: number): void {
  const refusalOf = createRefusal(port);
  scope.addHook('onRequest', async (request, reply) => {
    const refusal = refusalOf(request);
    if (refusal === undefined) return;
    await reply.code(403).type('text/plain').send(`This is the playground of a developer. ${refusal}\n`);
  });
}

function serveFile(scope: FastifyInstance, path: string, { contentType, body }: BuiltFile): void {
  scope.get(path, async (_request, reply) =>
    reply
      .headers({
        'content-type': contentType,
        'content-security-policy': contentSecurityPolicy,
        'cache-control': 'no-store',
      })
      .send(body),
  );
}
