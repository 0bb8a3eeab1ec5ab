import { Controller, Get, UseGuards } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemFilter } from '../http/problem.filter.js';
import { RevocationsService } from '../sessions/revocations.service.js';
import type { TokenSubject } from '../sessions/revocation-memory.js';
import { type RevocationReason, RevocationsUnknownError } from '../sessions/sessions.errors.js';
import { AccessTokensService } from './access-tokens.service.js';
import { OptionalAuth, Public } from './access.decorators.js';
import { AuthenticationService } from './authentication.service.js';
import { CurrentUser, type SignedInUser } from './current-user.decorator.js';
import { FreshLogin } from './fresh-login.decorator.js';
import type { GuardedRequest } from './guarded-request.js';
import { JwtGuard } from './jwt.guard.js';
import { Roles } from './roles.decorator.js';

@Controller('notes')
@UseGuards(JwtGuard)
@Roles('writer', 'admin')
class NotesController {
  @Get()
  forWriters(@CurrentUser() user: SignedInUser): SignedInUser {
    return user;
  }

  @Get('audit')
  @Roles('auditor')
  forAuditors(): string {
    return 'audit';
  }

  @Get('all')
  @Roles()
  forNobody(): string {
    return 'nobody';
  }

  @Get('keys')
  @FreshLogin(60)
  soonAfterLogin(): string {
    return 'keys';
  }
}

@Controller('money')
@UseGuards(JwtGuard)
@FreshLogin(60)
class MoneyController {
  @Get()
  soonAfterLogin(): string {
    return 'money';
  }

  @Get('statement')
  @FreshLogin(3_600)
  withinTheHour(): string {
    return 'statement';
  }
}

@Controller('news')
@UseGuards(JwtGuard)
class NewsController {
  @Get()
  @Public()
  forEverybody(@CurrentUser() user: SignedInUser | undefined): object {
    return { user: user?.id ?? null };
  }

  @Get('mine')
  @OptionalAuth()
  forVisitors(@CurrentUser() user: SignedInUser | undefined): object {
    return { user: user?.id ?? null };
  }
}

@Controller('archive')
@UseGuards(JwtGuard)
@Public()
class ArchiveController {
  @Get()
  forEverybody(): string {
    return 'archive';
  }

  @Get('drafts')
  @Roles('writer')
  forWriters(): string {
    return 'drafts';
  }

  @Get('secrets')
  @FreshLogin(60)
  soonAfterLogin(): string {
    return 'secrets';
  }

  @Get('both')
  @Public()
  @Roles('writer')
  saysBoth(): string {
    return 'both';
  }

  @Get('visitors')
  @OptionalAuth()
  @Roles('writer')
  saysBothForVisitors(): string {
    return 'visitors';
  }
}

@Controller('office')
@UseGuards(JwtGuard)
@Roles('writer')
class OfficeController {
  @Get('door')
  @Public()
  forEverybody(): string {
    return 'door';
  }
}

class Shelf {
  @Get()
  read(): string {
    return 'book';
  }
}

@Controller('shelf/open')
@UseGuards(JwtGuard)
class OpenShelf extends Shelf {}

@Controller('shelf/closed')
@UseGuards(JwtGuard)
@Roles('librarian')
class ClosedShelf extends Shelf {}

/** Seconds since the login. */
let age = 0;

/** What this node has to wait for before it can tell. */
const waits = ['nothing', 'the key of the token', 'what is revoked'] as const;
let waitsFor: (typeof waits)[number];

/** Stands for the tokens themselves, which have their own tests: here a token is a list of roles. */
const accessTokens = {
  verify: (token: string) => Promise.resolve(claimsOf(token)),
  verifyAtOnce: (token: string) => (waitsFor === 'the key of the token' ? undefined : claimsOf(token)),
  isFresh: (_: unknown, maxAge: number) => age <= maxAge,
};

function claimsOf(token: string) {
  return { sub: 'user', sid: 'session', client_id: 'wx1', ver: 7, roles: token.split(',') };
}

/** Stands for what this node knows to be revoked. */
const checkRevocation = vi.fn<(token: TokenSubject) => RevocationReason | 'outdated' | undefined>();
const revocations = {
  check: (token: TokenSubject) => Promise.resolve(token).then(checkRevocation),
  checkAtOnce: (token: TokenSubject) => (waitsFor === 'what is revoked' ? 'unknown' : checkRevocation(token)),
};

describe.each(waits)('JwtGuard that waits for %s', (waiting) => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const module = await Test.createTestingModule({
      controllers: [
        NotesController,
        MoneyController,
        NewsController,
        ArchiveController,
        OfficeController,
        OpenShelf,
        ClosedShelf,
      ],
      providers: [
        AuthenticationService,
        { provide: AccessTokensService, useValue: accessTokens },
        { provide: RevocationsService, useValue: revocations },
        JwtGuard,
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => {
    age = 0;
    waitsFor = waiting;
    checkRevocation.mockReset();
  });

  async function get(path: string, token?: string) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { statusCode, json, headers: answered } = await app.inject({ url: path, headers });
    return { status: statusCode, challenge: answered['www-authenticate'], body: json };
  }

  it('hands the person to the handler', async () => {
    const { body } = await get('/notes', 'reader,writer');
    expect(body()).toEqual({ id: 'user', sessionId: 'session', appid: 'wx1', roles: ['reader', 'writer'] });
  });

  it.each(['writer', 'admin', 'reader,admin'])(
    'lets %s through where any one of the roles will do',
    async (roles) => {
      expect((await get('/notes', roles)).status).toBe(200);
    },
  );

  it('answers forbidden where none of the roles is there', async () => {
    const { status, challenge, body } = await get('/notes', 'reader');
    expect(status).toBe(403);
    expect(challenge).toBe('Bearer error="insufficient_scope"');
    expect(body().code).toBe('forbidden');
  });

  it("goes by the handler's roles where it has its own", async () => {
    expect((await get('/notes/audit', 'admin')).status).toBe(403);
    expect((await get('/notes/audit', 'auditor')).status).toBe(200);
  });

  it('lets nobody through where the list of roles is empty', async () => {
    expect((await get('/notes/all', 'admin')).status).toBe(403);
  });

  it('answers token_missing without a token', async () => {
    const { status, body } = await get('/notes');
    expect(status).toBe(401);
    expect(body().code).toBe('token_missing');
  });

  it('asks what is known against the token', async () => {
    await get('/notes', 'writer');
    expect(checkRevocation).toHaveBeenCalledWith({ sessionId: 'session', userId: 'user', version: 7 });
  });

  it('answers session_revoked with its reason where the session has ended, whatever the roles', async () => {
    checkRevocation.mockReturnValue('kicked');
    const { status, challenge, body } = await get('/notes', 'reader');
    expect(status).toBe(401);
    expect(challenge).toBe('Bearer error="invalid_token"');
    expect(body()).toMatchObject({ code: 'session_revoked', reason: 'kicked' });
  });

  it('answers token_expired where the token is out of date', async () => {
    checkRevocation.mockReturnValue('outdated');
    expect((await get('/notes', 'writer')).body()).toMatchObject({ status: 401, code: 'token_expired' });
  });

  describe('where a fresh login is asked for', () => {
    const stale = (maxAge: number) => ({ status: 401, code: 'fresh_login_required', maxAge });

    it('lets through who has logged in lately enough', async () => {
      age = 60;
      expect((await get('/notes/keys', 'writer')).status).toBe(200);
      expect((await get('/money', 'writer')).status).toBe(200);
    });

    it('answers fresh_login_required with the same seconds in header and body to anybody else', async () => {
      age = 61;
      const { challenge, body } = await get('/notes/keys', 'writer');
      expect(challenge).toBe('Bearer error="insufficient_user_authentication", max_age=60');
      expect(body()).toMatchObject(stale(60));
      expect((await get('/money', 'writer')).body()).toMatchObject(stale(60));
    });

    it("goes by the handler's seconds where it has its own", async () => {
      age = 3_600;
      expect((await get('/money/statement', 'writer')).status).toBe(200);
      age = 3_601;
      const { challenge, body } = await get('/money/statement', 'writer');
      expect(challenge).toContain('max_age=3600');
      expect(body()).toMatchObject(stale(3_600));
    });

    it('says first that the session has ended, then that a role is missing', async () => {
      age = 61;
      expect((await get('/notes/keys', 'reader')).body().code).toBe('forbidden');
      checkRevocation.mockReturnValue('kicked');
      expect((await get('/notes/keys', 'reader')).body().code).toBe('session_revoked');
    });

    it('does not mind on other routes', async () => {
      age = 86_400;
      expect((await get('/notes', 'writer')).status).toBe(200);
    });
  });

  it('answers 503 where this node cannot know', async () => {
    checkRevocation.mockImplementationOnce(() => {
      throw new RevocationsUnknownError();
    });
    expect((await get('/notes', 'writer')).body()).toMatchObject({
      status: 503,
      code: 'database_unavailable',
    });
  });

  it('lets everybody through to what is @Public(), and looks at no token', async () => {
    checkRevocation.mockReturnValue('signed_out');
    for (const token of [undefined, 'writer']) {
      const { status, body } = await get('/news', token);
      expect({ status, body: body() }).toEqual({ status: 200, body: { user: null } });
    }
  });

  it('lets through without a token what is @OptionalAuth()', async () => {
    const { status, body } = await get('/news/mine');
    expect({ status, body: body() }).toEqual({ status: 200, body: { user: null } });
  });

  it('tells @OptionalAuth() whose token it is, and refuses a bad one', async () => {
    expect((await get('/news/mine', 'writer')).body()).toEqual({ user: 'user' });
    checkRevocation.mockReturnValue('signed_out');
    expect((await get('/news/mine', 'writer')).status).toBe(401);
  });

  it.each(['/archive/drafts', '/archive/secrets', '/archive/both', '/archive/visitors'])(
    'opens %s to nobody without a token: what asks for a role or a fresh login is not public',
    async (path) => {
      const { status, body } = await get(path);
      expect({ status, code: body().code }).toEqual({ status: 401, code: 'token_missing' });
      expect((await get(path, 'writer')).status).toBe(200);
    },
  );

  it('asks for the role on a handler of a controller that is @Public()', async () => {
    expect((await get('/archive/drafts', 'reader')).status).toBe(403);
    expect((await get('/archive')).status).toBe(200);
  });

  it('goes by the controller of a handler that two controllers have in common', async () => {
    expect((await get('/shelf/open', 'reader')).status).toBe(200);
    expect((await get('/shelf/closed', 'reader')).status).toBe(403);
    expect((await get('/shelf/closed', 'librarian')).status).toBe(200);
  });

  it('opens a handler that is @Public() on a controller that asks for a role', async () => {
    expect((await get('/office/door')).status).toBe(200);
  });

  describe('for other than HTTP', () => {
    class Handlers {}
    const handle = (): void => {};
    const guard = () => app.get(JwtGuard);
    const bearer = () => ({ headers: { authorization: 'Bearer writer' } }) as GuardedRequest;

    function contextOf(type: string, args: unknown[]): ExecutionContextHost {
      const context = new ExecutionContextHost(args, Handlers, handle);
      context.setType(type);
      return context;
    }

    it('takes the request in the context of GraphQL', async () => {
      const req = bearer();
      await guard().canActivate(contextOf('graphql', [{}, {}, { req }, {}]));
      expect(req.user).toMatchObject({ id: 'user', roles: ['writer'] });
    });

    it('takes the handshake of a WebSocket', async () => {
      const handshake = bearer();
      await guard().canActivate(contextOf('ws', [{ handshake }, {}]));
      expect(handshake.user).toMatchObject({ id: 'user' });
    });

    it.each([
      ['graphql', [{}, {}, {}, {}]],
      ['graphql', [{}, {}, undefined, {}]],
      ['ws', [{}, {}]],
    ])('asks for a token where %s has no request', async (type, args) => {
      await expect(async () => guard().canActivate(contextOf(type, args))).rejects.toMatchObject({
        code: 'token_missing',
      });
    });

    it('takes what a guard of the application says is the request', async () => {
      const kept = bearer();
      class OwnGuard extends JwtGuard {
        override getRequest(): GuardedRequest {
          return kept;
        }
      }
      const own = await app.get(ModuleRef).create(OwnGuard);
      await own.canActivate(contextOf('rpc', [{}, {}]));
      expect(kept.user).toMatchObject({ id: 'user' });
    });
  });
});
