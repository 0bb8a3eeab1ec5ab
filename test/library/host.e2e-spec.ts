import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  ClassSerializerInterceptor,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  type NestInterceptor,
  type Provider,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, HttpAdapterHost, NestFactory, Reflector } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { text as textParser } from 'express';
import { map, type Observable } from 'rxjs';
import sharp from 'sharp';
import { Column, type DataSource, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AccountModule,
  AdminModule,
  AuthModule,
  CurrentUser,
  type FirstLogin,
  FirstLoginHook,
  isWeappAuthRoute,
  JwtGuard,
  loadSettings,
  type NewUser,
  type OnUserEvent,
  OptionalAuth,
  Public,
  PushModule,
  Roles,
  type SignedInUser,
  type UserEvent,
  UserEventHook,
  UsersModule,
  UsersService,
  WeappAuthModule,
} from '../../src/index.js';
import type { TestDatabase } from '../harness/database.js';
import { configurePush, pushSettings, wechatAppsWithPush } from '../harness/push.js';
import { patient, useWorld } from '../harness/world.js';

const world = useWorld();

/** The application has a table `users` of its own, in a database of its own. */
@Entity('users')
class User {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'text' })
  email: string;
}

@Controller('orders')
class OrdersController {
  constructor(
    @InjectRepository(User) private readonly customers: Repository<User>,
    private readonly users: UsersService,
  ) {}

  @Get()
  async mine(@CurrentUser() { id }: SignedInUser): Promise<object> {
    const user = await this.users.find(id);
    return { user: user!.id, customers: await this.customers.count() };
  }

  @Get('all')
  @Roles('clerk')
  all(): object {
    return {};
  }

  @Get('offers')
  @OptionalAuth()
  offers(@CurrentUser() user: SignedInUser | undefined): object {
    return { for: user?.id ?? 'everybody' };
  }

  @Get('shop')
  @Public()
  shop(): object {
    return { open: true };
  }
}

const newUsers: NewUser[] = [];

@Injectable()
@FirstLoginHook()
class Profiles implements FirstLogin {
  async onFirstLogin(user: NewUser): Promise<void> {
    newUsers.push(user);
    await Promise.reject(new Error('the table of profiles is full'));
  }
}

const userEvents: UserEvent[] = [];

@Injectable()
@UserEventHook()
class Followers implements OnUserEvent {
  async onUserEvent(event: UserEvent): Promise<void> {
    userEvents.push(event);
    await Promise.reject(new Error('the table of followers is full'));
  }
}

/** As in nearly every Nest project. */
@Catch()
class AllExceptionsFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const body = { code: status, msg: (error as Error).message, data: null };
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), body, status);
  }
}

/** As in nearly every Chinese Nest project, with the line that the guide names. */
@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (isWeappAuthRoute(context)) {
      return next.handle();
    }
    return next.handle().pipe(map((data: unknown) => ({ code: 0, msg: 'ok', data })));
  }
}

/** An envelope that nobody has told of weapp-auth. */
class GreedyInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

interface Host {
  app: INestApplication;
  url: string;
  close(): Promise<void>;
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: object },
  ): Promise<any>;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('an application of its own on %s', (framework, createAdapter) => {
  let shop: TestDatabase;
  beforeAll(async () => {
    shop = await world.anotherDatabase();
  });

  async function start(
    order: 'its own data source first' | 'weapp-auth first',
    configure: (app: INestApplication) => void = () => {},
    providers: Provider[] = [],
  ): Promise<Host> {
    const own = TypeOrmModule.forRoot({
      type: 'postgres',
      url: shop.url,
      entities: [User],
      synchronize: true,
    });
    const weappAuth = WeappAuthModule.forRoot(
      loadSettings(world.environment({ WECHAT_APPS: wechatAppsWithPush })),
    );
    const module: DynamicModule = {
      module: class ShopModule {},
      imports: [
        ...(order === 'weapp-auth first' ? [weappAuth, own] : [own, weappAuth]),
        AuthModule,
        AccountModule,
        AdminModule,
        PushModule,
        UsersModule,
        TypeOrmModule.forFeature([User]),
      ],
      controllers: [OrdersController],
      providers: [{ provide: APP_GUARD, useClass: JwtGuard }, Profiles, Followers, ...providers],
    };
    const app = await NestFactory.create(module, createAdapter(), { logger: false, abortOnError: false });
    configure(app);
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    return {
      app,
      url,
      close: async () => {
        const closed = app.close();
        // One whose body was refused, and is not read yet, counts as busy, and then stays open for the 72 s of Fastify.
        (app.getHttpServer() as Server).closeAllConnections();
        await closed;
      },
      call: async (method, path, { token, body, headers } = {}) => {
        const response = await fetch(new URL(path, url), {
          method,
          headers: {
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        });
        const text = await response.text();
        const isJson = response.headers.get('content-type')?.includes('json');
        return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
      },
    };
  }

  /** What an application answers to the check of its URL, to a push and to one that is too large. */
  async function push(host: Host, { prefix = '', format = 'json' } = {}): Promise<object> {
    world.keepSecret(pushSettings.encodingAesKey);
    const [appid, user] = ['wx00000000000000aa', `${format} at ${prefix} on ${framework}`];
    const login = { code: await world.code(user), appid };
    const { accessToken: token } = (await host.call('POST', `${prefix}/auth/login`, { body: login })).body;
    await configurePush(world, `${host.url}${prefix}`, { format });
    const checked = await world.control('POST', '/push/check-url', { appid });
    const sent = await world.control('POST', '/push', { appid, user, event: 'user_info_modified' });
    await vi.waitUntil(async () => {
      const { body } = await host.call('GET', `${prefix}/me`, { token });
      return body.profileStaleSince !== null;
    }, patient);
    const large = await host.call('POST', `${prefix}/wechat/push/${appid}?timestamp=1&nonce=1`, {
      body: `<xml>${'x'.repeat(2e6)}</xml>`,
      headers: { 'content-type': 'application/xml' },
    });
    return { check: checked.error ?? 'passed', sent, large: large.body.code };
  }

  const received = {
    check: 'passed',
    sent: { attempts: 1, status: 200, contentType: 'text/plain; charset=utf-8', body: 'success' },
    large: 'payload_too_large',
  };

  describe('as nest new makes it', () => {
    let host: Host;
    let token: string;
    let userId: string;
    beforeAll(async () => {
      host = await start('its own data source first');
      const answer = await host.call('POST', '/auth/login', {
        body: { code: await world.code(`anna on ${framework}`), appid: 'wx00000000000000aa' },
      });
      token = answer.body.accessToken;
      userId = answer.body.user.id;
    });
    afterAll(() => host.close());

    it('lets in who has logged in, with its own tables and those of weapp-auth', async () => {
      const { status, body } = await host.call('GET', '/orders', { token });
      expect({ status, body }).toEqual({ status: 200, body: { user: userId, customers: 0 } });
    });

    it('has a data source of its own, with its own table of users', async () => {
      const dataSource = host.app.get<DataSource>(getDataSourceToken());
      expect(dataSource.options).toMatchObject({ url: shop.url });
      expect(await shop.count('users')).toBe(0);
    });

    it('is told of who logs in for the first time, and a failure there fails no login', async () => {
      expect(newUsers.filter(({ id }) => id === userId)).toEqual([
        { id: userId, appid: 'wx00000000000000aa' },
      ]);
      const body = { code: await world.code(`anna on ${framework}`), appid: 'wx00000000000000aa' };
      expect((await host.call('POST', '/auth/login', { body })).status).toBe(200);
      expect(newUsers.filter(({ id }) => id === userId)).toHaveLength(1);
    });

    it('is told of what happens to users, in its order, and a failure there fails no request', async () => {
      const { body } = await host.call('POST', '/auth/login', {
        body: { code: await world.code(`eva on ${framework}`), appid: 'wx00000000000000aa' },
      });
      const own = { token: body.accessToken, body: { nickname: 'Eva' } };
      expect((await host.call('PATCH', '/me', own)).status).toBe(200);
      expect((await host.call('DELETE', '/me', own)).status).toBe(202);
      const about = { userId: body.user.id };
      await expect
        .poll(() => userEvents.filter(({ userId: id }) => id === about.userId))
        .toEqual([
          { type: 'user.created', ...about },
          { type: 'identity.linked', ...about, appid: 'wx00000000000000aa' },
          { type: 'user.updated', ...about },
          { type: 'user.deletion_requested', ...about },
        ]);
      expect(await world.database.count('webhook_messages')).toBe(0);
    });

    it('refuses the others as weapp-auth does, with the headers', async () => {
      const missing = await host.call('GET', '/orders');
      expect(missing).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(missing.headers.get('www-authenticate')).toBe('Bearer');
      expect(missing.headers.get('content-type')).toContain('application/problem+json');
      expect((await host.call('GET', '/orders/all', { token })).body.code).toBe('forbidden');
    });

    it('refuses two Authorization headers', async () => {
      const authorization = [`Bearer ${token}`, `Bearer ${token}`];
      const sent = request(`${host.url}/orders`, { headers: { authorization } as never }).end();
      const [{ statusCode, headers }] = (await once(sent, 'response')) as [IncomingMessage];
      expect(statusCode).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    });

    it('opens what is @Public(), and what is @OptionalAuth() with and without a token', async () => {
      expect((await host.call('GET', '/orders/shop')).body).toEqual({ open: true });
      expect((await host.call('GET', '/orders/offers')).body).toEqual({ for: 'everybody' });
      expect((await host.call('GET', '/orders/offers', { token })).body).toEqual({ for: userId });
      expect((await host.call('GET', '/orders/offers', { token: 'x' })).status).toBe(401);
    });

    it('answers proxies', async () => {
      const verified = await host.call('GET', '/auth/verify', { token });
      expect(verified.status).toBe(204);
      expect(verified.headers.get('x-user-id')).toBe(userId);
      expect(verified.headers.get('x-app-id')).toBe('wx00000000000000aa');
      expect(verified.headers.get('x-user-roles')).toBe('');
      expect(verified.headers.get('x-session-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect((await host.call('POST', '/auth/verify/any/path?x=1', { token })).status).toBe(200);
      expect((await host.call('GET', '/auth/verify?role=clerk', { token })).status).toBe(403);
    });

    it('sends the id of the request with what weapp-auth answers, good or bad', async () => {
      const headers = { 'x-request-id': 'trace-7' };
      expect((await host.call('GET', '/me', { token, headers })).headers.get('x-request-id')).toBe('trace-7');
      const refused = await host.call('GET', '/me', { headers });
      expect(refused.headers.get('x-request-id')).toBe('trace-7');
      expect(refused.body.requestId).toBe('trace-7');
      expect((await host.call('GET', '/me')).body.requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect((await host.call('GET', '/orders', { token, headers })).headers.get('x-request-id')).toBeNull();
    });

    it('publishes the keys, to be kept by caches', async () => {
      const keys = await host.call('GET', '/.well-known/jwks.json');
      expect(keys.body.keys[0]).toMatchObject({ alg: 'ES256' });
      expect(keys.headers.get('cache-control')).toBe('public, max-age=300');
    });

    it('takes an avatar, and serves it', async () => {
      const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(png)]), 'a.png');
      const answer = await fetch(new URL('/me/avatar', host.url), {
        method: 'POST',
        body: form,
        headers: { authorization: `Bearer ${token}` },
      });
      expect(answer.status).toBe(200);
      const { avatarUrl } = (await answer.json()) as { avatarUrl: string };
      const image = await fetch(new URL(new URL(avatarUrl).pathname, host.url));
      expect(image.headers.get('content-type')).toBe('image/webp');
    });

    it('takes no login from a form, and spends no code on it', async () => {
      const code = await world.code(`bert on ${framework}`);
      const form = await host.call('POST', '/auth/login', {
        body: `code=${code}&appid=wx00000000000000aa`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(form).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      const body = { code, appid: 'wx00000000000000aa' };
      expect((await host.call('POST', '/auth/login', { body })).status).toBe(200);
    });

    it.each(['json', 'xml'])('receives message pushes in %s', async (format) => {
      expect(await push(host, { format })).toEqual(received);
    });

    it('has /admin for who has the role', async () => {
      expect((await host.call('GET', '/admin/stats?days=1', { token })).body.code).toBe('forbidden');
    });

    it('has an OpenAPI document in which every reference leads somewhere', () => {
      const document = SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
      const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
      expect(references.length).toBeGreaterThan(20);
      const missing = references.filter(([, name]) => !Object.hasOwn(document.components!.schemas!, name!));
      expect(missing).toEqual([]);
    });
  });

  describe('with a filter, an envelope, a serializer, a prefix and versions for everything', () => {
    let host: Host;
    let login: any;
    beforeAll(async () => {
      host = await start('weapp-auth first', (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        app.useGlobalPipes(
          new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        );
        app.useGlobalFilters(new AllExceptionsFilter(app.get(HttpAdapterHost)));
        const serializer = new ClassSerializerInterceptor(app.get(Reflector), { strategy: 'excludeAll' });
        app.useGlobalInterceptors(new EnvelopeInterceptor(), serializer);
      });
      login = await host.call('POST', '/api/auth/login', {
        body: { code: await world.code(`clara on ${framework}`), appid: 'wx00000000000000aa' },
      });
    });
    afterAll(() => host.close());

    it('logs in as ever, and knows who it is', async () => {
      expect(login.status).toBe(200);
      expect(login.body).toMatchObject({ tokenType: 'Bearer', isNewUser: true, user: { roles: [] } });
      const me = await host.call('GET', '/api/me', { token: login.body.accessToken });
      expect(me.body).toMatchObject({
        id: login.body.user.id,
        identities: [{ appid: 'wx00000000000000aa' }],
      });
    });

    it('receives message pushes, and answers them with what WeChat reads', async () => {
      expect(await push(host, { prefix: '/api' })).toEqual(received);
    });

    it('keeps its own routes as it likes', async () => {
      const { body } = await host.call('GET', '/api/v1/orders', { token: login.body.accessToken });
      expect(body).toMatchObject({ code: 0, msg: 'ok' });
    });

    it('answers 401 through its own filter where it uses the guard', async () => {
      expect(await host.call('GET', '/api/v1/orders')).toMatchObject({ status: 401, body: { code: 401 } });
    });

    it('answers problem documents on the routes of weapp-auth', async () => {
      expect(await host.call('GET', '/api/me')).toMatchObject({
        status: 401,
        body: { code: 'token_missing', status: 401 },
      });
    });

    it('names the keys where they are', async () => {
      const { body } = await host.call('GET', '/api/.well-known/oauth-authorization-server');
      expect(body.jwks_uri).toBe('https://login.example.com/api/.well-known/jwks.json');
      const keys = await host.call('GET', new URL(body.jwks_uri).pathname);
      expect(keys.body.keys).toHaveLength(1);
    });
  });

  it('receives message pushes beside its own parser of XML', async () => {
    const host = await start('weapp-auth first', (app) => {
      const { httpAdapter } = app.get(HttpAdapterHost);
      if (framework === 'Express') httpAdapter.use(textParser({ type: 'text/xml' }));
      else (app as NestFastifyApplication).useBodyParser('text/xml', {}, (_, body, done) => done(null, body));
    });
    const outcome = await push(host, { format: 'xml' });
    await host.close();
    expect(outcome).toEqual(received);
  });

  describe('with a filter in its module, and an envelope that nobody has told of weapp-auth', () => {
    let host: Host;
    beforeAll(async () => {
      host = await start('weapp-auth first', (app) => app.useGlobalInterceptors(new GreedyInterceptor()), [
        { provide: APP_FILTER, useClass: AllExceptionsFilter },
      ]);
    });
    afterAll(() => host.close());

    it('answers problem documents on the routes of weapp-auth', async () => {
      expect(await host.call('GET', '/me')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(await host.call('POST', '/auth/login', { body: { code: 5 } })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      });
    });

    it('answers its own errors through its own filter, and refusals of the guard as weapp-auth does', async () => {
      expect(await host.call('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 404 } });
      expect(await host.call('GET', '/orders')).toMatchObject({
        status: 401,
        body: { code: 'token_missing' },
      });
    });

    it('cannot put the published keys into it', async () => {
      const { body } = await host.call('GET', '/.well-known/jwks.json');
      expect(body.keys).toHaveLength(1);
    });
  });
});
