import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Emulator } from '../../emulator/src/index.js';
import type { WechatApp } from '../../src/config/settings.js';
import type { BuiltFile } from './build-phone.js';
import type { BuiltPlayground } from './build.js';
import { forward, targetBelow } from './forward.js';
import { LiveStream } from './live-stream.js';
import { type PhoneApp, type ServerTrouble, serverTroubles, type Setup } from './live-events.js';
import { createRefusal } from './local-visitors.js';
import { Operator } from './operator.js';
import { People } from './people.js';
import { Troubles } from './troubles.js';

/** What the playground plays with. */
export interface Surroundings {
  built: BuiltPlayground;
  emulator: Emulator;
  serviceUrl: string;
  port: number;
  databaseUrl: string;
  /** The mini-programs that the service serves. */
  apps: readonly Pick<WechatApp, 'appid' | 'name'>[];
  /** The emulator's person who operates the service. Whoever knows the name can log in as them: a secret. */
  operatorName: string;
  /** Gives a user the role `admin`, as `npm run admin:grant` does. */
  grantAdmin: (userId: string) => Promise<void>;
}

const person = '小明';

const servicePrefix = '/playground/service';
const wechatPrefix = '/playground/wechat';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Avatars are at the service's own name, which may be another one for this machine than the page's.
  "img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*",
  "connect-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** WeChat on phones of several makes, as `wx.request` names itself: the list of devices tells them apart. */
const userAgents: Readonly<Record<string, string>> = {
  '1': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2c) NetType/WIFI Language/zh_CN',
  '2': 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.60(0x28003c31) NetType/WIFI Language/zh_CN',
};

/**
 * A page at `/` that shows a phone with the demo mini-program, and what happens while one uses it. It is there with
 * `npm start` alone, and for this machine's own browser alone.
 */
export class Playground {
  readonly #people: People;
  readonly #troubles: Troubles;
  readonly #stream: LiveStream;
  readonly #operator: Operator;
  readonly #apps: { app: PhoneApp; otherApp: PhoneApp | null };

  constructor(private readonly surroundings: Surroundings) {
    const { emulator, serviceUrl, databaseUrl, apps, operatorName, grantAdmin } = surroundings;
    const { wechat, phone } = emulator;
    this.#apps = chooseApps(surroundings);
    const { appid } = this.#apps.app;
    this.#people = new People(
      databaseUrl,
      apps.map((app) => app.appid),
    );
    wechat.users.hide(operatorName);
    this.#operator = new Operator(
      serviceUrl,
      () => ({ appid, code: phone.login(appid, operatorName).code }),
      grantAdmin,
    );
    this.#troubles = new Troubles(wechat, this.#operator, this.#people);
    this.#stream = new LiveStream(wechat, this.#people, this.#troubles);
  }

  /** Adds the playground's routes, before the service listens. */
  async addTo(fastify: FastifyInstance): Promise<void> {
    await fastify.register(async (scope) => this.addRoutes(scope), { logLevel: 'silent' });
  }

  /** Lets the pages go that are open: the service stops when nobody waits for it any more. */
  async stop(): Promise<void> {
    this.#stream.close();
    await this.#people.close();
  }

  private addRoutes(scope: FastifyInstance): void {
    guard(scope, this.surroundings.port);
    // What is sent on is not read here.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));

    const { page, files, baseUrl } = this.surroundings.built;
    serveFile(scope, '/', page);
    for (const [name, file] of files) serveFile(scope, `/playground/${name}`, file);

    scope.get('/playground/setup', async (): Promise<Setup> => {
      return { user: person, serviceUrl: baseUrl, ...this.#apps };
    });
    scope.get('/playground/events', (_request, reply) => this.watch(reply));
    scope.post<{ Params: { trouble: string } }>('/playground/troubles/:trouble', (request, reply) =>
      this.setTrouble(request, reply),
    );
    scope.post('/playground/start-over', async (_request, reply) => {
      await this.#troubles.startOver(person);
      this.#stream.look();
      return reply.code(204).send();
    });
    scope.all(`${servicePrefix}/*`, (request, reply) => this.askService(request, reply));
    scope.post(`${wechatPrefix}/wx/:name`, (request, reply) => this.askWechat(request, reply));
  }

  private async watch(reply: FastifyReply): Promise<void> {
    // Before anybody watches: it is no part of what they want to see.
    await this.#operator.signIn().catch(() => {});
    reply.hijack();
    this.#stream.add(person, reply.raw);
  }

  private async setTrouble(
    { params, query }: FastifyRequest<{ Params: { trouble: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { appid, on } = query as { appid?: string; on?: string };
    const trouble = serverTroubles.find((each): each is ServerTrouble => each === params.trouble);
    const isServed = this.surroundings.apps.some((app) => app.appid === appid);
    if (!trouble || !isServed) return reply.code(400).send('Not a trouble, or not an appid that is served.');
    await this.#troubles.set(trouble, on !== 'false', { user: person, appid: appid! });
    this.#stream.look();
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
      origin: this.surroundings.serviceUrl,
      target,
      headers: {
        'user-agent': userAgents[String(phone)] ?? userAgents['1']!,
        // As wx.request sends it in the developer tools.
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
    await forward(request, reply, {
      origin: this.surroundings.emulator.url,
      target: `/__emulator__${target}`,
    });
  }
}

/** As a router reads it. */
function pathOf(target: string): string {
  return decodeURIComponent(target.split('?', 1)[0]!);
}

/** The first mini-program, and another one under the same Open Platform account. */
function chooseApps({ apps, emulator }: Surroundings): { app: PhoneApp; otherApp: PhoneApp | null } {
  const [first, ...others] = apps.map(({ appid, name = null }) => ({ appid, name }));
  if (!first) throw new Error('The service has no mini-program.');
  const known = emulator.wechat.apps.all();
  const accountOf = ({ appid }: PhoneApp) => known.find((app) => app.appid === appid)?.openPlatform;
  const account = accountOf(first);
  const otherApp = others.find((other) => account !== undefined && accountOf(other) === account);
  return { app: first, otherApp: otherApp ?? null };
}

/** Serves one page without a phone at `/`, to this machine alone. */
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
