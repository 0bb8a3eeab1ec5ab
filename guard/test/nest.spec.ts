import {
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AccessTokenClaims, createVerifier, GuardError, Verifier } from '../src/index.js';
import {
  CurrentUser,
  FreshLogin,
  GuardException,
  GuardModule,
  JwtGuard,
  OptionalAuth,
  Public,
  Roles,
} from '../src/nest/index.js';
import { createTestToken, testIssuer } from '../src/testing.js';
import { type Answer, call } from './served.js';

const options = { issuer: testIssuer.url, fetch: testIssuer.fetch };
const everywhere = { provide: APP_GUARD, useExisting: JwtGuard };

@Controller()
class OrdersController {
  @Get('orders')
  mine(@CurrentUser() user: AccessTokenClaims) {
    return { userId: user.userId };
  }

  @Get('offers')
  @OptionalAuth()
  offers(@CurrentUser() user?: AccessTokenClaims) {
    return { userId: user?.userId ?? null };
  }

  @Get('health')
  @Public()
  health(@CurrentUser() user?: AccessTokenClaims) {
    return { userId: user?.userId ?? null };
  }

  @Get('reports')
  @Roles('admin', 'auditor')
  reports() {
    return {};
  }

  @Get('refund')
  @FreshLogin(300)
  refund() {
    return {};
  }
}

/** The metadata of a controller, and handlers that override it. */
@Controller('public')
@Public()
class PublicController {
  @Get()
  open() {
    return {};
  }

  @Get('closed')
  @Roles('admin')
  closed() {
    return {};
  }

  @Get('both')
  @Public()
  @Roles('admin')
  both() {
    return {};
  }
}

@Controller('admin')
@Roles('admin')
class AdminController {
  @Get()
  closed() {
    return {};
  }

  @Get('fresh')
  @FreshLogin(300)
  fresh() {
    return {};
  }

  @Get('open')
  @Public()
  open() {
    return {};
  }
}

@Module({
  imports: [GuardModule.forRoot(options)],
  controllers: [OrdersController, PublicController, AdminController],
  providers: [everywhere],
})
class AppModule {}

type Listening = (path: string, claims?: Partial<AccessTokenClaims>) => Promise<Answer>;

async function listen(app: INestApplication): Promise<Listening> {
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (path, claims) =>
    call(`${url}/${path}`, claims === undefined ? [] : [`Bearer ${await createTestToken(claims)}`]);
}

async function start(
  module: unknown = AppModule,
  adapter: 'express' | 'fastify' = 'express',
): Promise<Listening> {
  const testing = await Test.createTestingModule({ imports: [module as typeof AppModule] }).compile();
  return listen(
    adapter === 'express'
      ? testing.createNestApplication(new ExpressAdapter())
      : testing.createNestApplication(new FastifyAdapter()),
  );
}

describe.each(['express', 'fastify'] as const)('JwtGuard as APP_GUARD, on %s', (adapter) => {
  it('hands the user to the handler', async () => {
    const get = await start(AppModule, adapter);
    expect(await get('orders', { userId: 'anna' })).toMatchObject({ status: 200, body: { userId: 'anna' } });
  });

  it('answers a refusal as a problem document with the headers of its code', async () => {
    const get = await start(AppModule, adapter);
    expect(await get('orders')).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': 'Bearer',
        'cache-control': 'no-store',
      },
      body: { type: 'urn:problem-type:weapp-auth:token_missing', code: 'token_missing', status: 401 },
    });
    expect(await get('reports', { roles: ['moderator'] })).toMatchObject({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
      body: { code: 'forbidden' },
    });
  });

  it('lets everybody in where @Public() says so', async () => {
    const get = await start(AppModule, adapter);
    expect(await get('health')).toMatchObject({ status: 200, body: { userId: null } });
  });

  it('lets in with and without a token where @OptionalAuth() says so, but not with an expired one', async () => {
    const get = await start(AppModule, adapter);
    expect((await get('offers')).body).toEqual({ userId: null });
    expect((await get('offers', { userId: 'anna' })).body).toEqual({ userId: 'anna' });
    expect((await get('offers', { expiresAt: new Date(Date.now() - 1_000) })).body).toMatchObject({
      code: 'token_expired',
    });
  });

  it('lets in one of the roles of @Roles()', async () => {
    const get = await start(AppModule, adapter);
    expect((await get('reports', { roles: ['auditor'] })).status).toBe(200);
  });

  it('lets in the fresh logins that @FreshLogin() asks for', async () => {
    const get = await start(AppModule, adapter);
    expect((await get('refund', {})).status).toBe(200);
    expect(await get('refund', { authTime: new Date(Date.now() - 301_000) })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication", max_age=300' },
      body: { code: 'fresh_login_required', maxAge: 300 },
    });
  });
});

describe('the decorators of a handler and of its controller', () => {
  it.each([
    ['public', 200],
    ['public/closed', 401],
    ['public/both', 401],
    ['admin', 401],
    ['admin/open', 200],
  ])('%s without a token: %i', async (path, status) => {
    expect((await (await start())(path)).status).toBe(status);
  });

  it('add up: the role of the controller, and the fresh login of the handler', async () => {
    const get = await start();
    const authTime = new Date(Date.now() - 301_000);
    expect((await get('admin/fresh', { roles: [] })).body).toMatchObject({ code: 'forbidden' });
    expect((await get('admin/fresh', { roles: ['admin'], authTime })).status).toBe(401);
    expect((await get('admin/fresh', { roles: ['admin'] })).status).toBe(200);
  });
});

describe('the module', () => {
  it('lets any controller use @UseGuards(JwtGuard)', async () => {
    @Controller()
    @UseGuards(JwtGuard)
    class GuardedController {
      @Get('mine')
      mine(@CurrentUser() user: AccessTokenClaims) {
        return { userId: user.userId };
      }
    }
    @Module({ controllers: [GuardedController] })
    class FeatureModule {}
    @Module({ imports: [GuardModule.forRoot(options), FeatureModule] })
    class HostModule {}

    const get = await start(HostModule);
    expect((await get('mine')).status).toBe(401);
    expect((await get('mine', { userId: 'anna' })).body).toEqual({ userId: 'anna' });
  });

  it('takes its options from a factory', async () => {
    @Module({
      imports: [GuardModule.forRootAsync({ useFactory: async () => options })],
      controllers: [OrdersController],
      providers: [everywhere],
    })
    class HostModule {}
    const get = await start(HostModule);
    expect((await get('orders', {})).status).toBe(200);
  });

  it('can be given the issuer of a test in place of its own', async () => {
    @Module({
      imports: [GuardModule.forRoot({ issuer: 'https://login.example.com' })],
      controllers: [OrdersController],
      providers: [everywhere],
    })
    class HostModule {}
    const testing = await Test.createTestingModule({ imports: [HostModule] })
      .overrideProvider(Verifier)
      .useValue(createVerifier(options))
      .compile();
    const get = await listen(testing.createNestApplication(new ExpressAdapter()));
    expect((await get('orders', { userId: 'anna' })).body).toEqual({ userId: 'anna' });
  });

  it('does not start with wrong options', async () => {
    const started = Test.createTestingModule({
      imports: [GuardModule.forRoot({ issuer: 'login' })],
    }).compile();
    await expect(started).rejects.toThrow('weapp-auth-guard: issuer must be the JWT_ISSUER of the service');
  });
});

describe('in somebody else’s application', () => {
  it('a refusal is an HttpException to a catch-all filter, and the headers stay', async () => {
    @Catch()
    class AllExceptionsFilter implements ExceptionFilter {
      catch(error: unknown, host: ArgumentsHost) {
        const status = error instanceof HttpException ? error.getStatus() : 500;
        const response = host.switchToHttp().getResponse<{
          status(code: number): { json(body: unknown): void };
        }>();
        response.status(status).json({ code: status, msg: (error as Error).message });
      }
    }
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    const app = testing.createNestApplication(new ExpressAdapter());
    app.useGlobalFilters(new AllExceptionsFilter());
    const get = await listen(app);
    expect(await get('orders')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 401, msg: expect.stringContaining('Send the access token') },
    });
  });
});

describe('where the first argument of a handler is no request', () => {
  class Handlers {
    readonly handle = (): void => undefined;
  }

  @Injectable()
  class GqlGuard extends JwtGuard {
    protected override getRequest(context: ExecutionContext) {
      return context.getArgByIndex(2).req;
    }
  }

  @Injectable()
  class WsGuard extends JwtGuard {
    protected override getRequest(context: ExecutionContext) {
      return context.switchToWs().getClient().handshake;
    }

    protected override refuse(error: GuardError) {
      return new Error(error.code);
    }
  }

  async function create<T extends JwtGuard>(guard: new (...deps: never[]) => T): Promise<T> {
    const module = await Test.createTestingModule({
      imports: [GuardModule.forRoot(options)],
      providers: [guard],
    }).compile();
    return module.get(guard);
  }

  function contextOf(type: string, args: unknown[]): ExecutionContextHost {
    const context = new ExecutionContextHost(args, Handlers, new Handlers().handle);
    context.setType(type);
    return context;
  }

  const requestOf = (token?: string) => ({
    headers: { authorization: token === undefined ? undefined : `Bearer ${token}` },
  });

  it('GraphQL: the guard finds the request in the context, and leaves the user there', async () => {
    const guard = await create(GqlGuard);
    const gql = { req: requestOf(await createTestToken({ userId: 'anna' })) };
    await expect(guard.canActivate(contextOf('graphql', [{}, {}, gql, {}]))).resolves.toBe(true);
    expect(gql).toMatchObject({ user: { userId: 'anna' } });
  });

  it('GraphQL: a refusal is an exception, and no response is touched', async () => {
    const guard = await create(GqlGuard);
    const refused = guard.canActivate(contextOf('graphql', [{}, {}, { req: requestOf() }, {}]));
    await expect(refused).rejects.toThrow(GuardException);
  });

  it('WebSockets: the guard takes the handshake, and throws what the application understands', async () => {
    const guard = await create(WsGuard);
    const client = { handshake: requestOf(await createTestToken({ userId: 'anna' })) };
    await expect(guard.canActivate(contextOf('ws', [client, {}]))).resolves.toBe(true);
    expect(client).toMatchObject({ user: { userId: 'anna' } });
    await expect(guard.canActivate(contextOf('ws', [{ handshake: requestOf() }, {}]))).rejects.toThrow(
      /^token_missing$/,
    );
  });
});
