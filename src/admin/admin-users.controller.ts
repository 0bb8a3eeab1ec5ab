import { Body, Controller, Get, Header, HttpCode, Param, Post, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { JwtGuard } from '../auth/jwt.guard.js';
import { Roles } from '../auth/roles.decorator.js';
import { BodyPipe } from '../http/body.pipe.js';
import { Problems } from '../http/problems.decorator.js';
import { Sessions } from '../sessions/sessions.js';
import type { User } from '../users/user.entity.js';
import { UserSearch } from '../users/user-search.js';
import { UserViews } from '../users/user-views.js';
import { UserNotFoundError } from '../users/users.errors.js';
import { Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { SearchUsersRequest } from './search-users.request.js';
import { UserDetailView } from './user-detail.view.js';
import { UserIdPipe } from './user-id.pipe.js';
import { UserItemView, UserPageView } from './user-item.view.js';

const mostSessions = 100;

/** Finding people. */
@Controller('admin/users')
@UseGuards(JwtGuard)
@UsePipes(BodyPipe)
@Roles('admin')
@ApiTags('admin')
@ApiBearerAuth()
@Problems(
  'invalid_request',
  'token_missing',
  'token_invalid',
  'token_expired',
  'session_revoked',
  'forbidden',
  'database_unavailable',
)
export class AdminUsersController {
  constructor(
    private readonly users: Users,
    private readonly userSearch: UserSearch,
    private readonly sessions: Sessions,
    private readonly views: UserViews,
    private readonly apps: WechatApps,
  ) {}

  /** Find people. A POST, so that openids and phone numbers stay out of URLs. */
  @Post('search')
  @Problems('search_too_broad', 'overloaded', 'database_unavailable')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async search(@Body() request: SearchUsersRequest): Promise<UserPageView> {
    const { users, nextCursor, estimatedTotal } = await this.userSearch.search(request);
    return { items: users.map((user) => this.item(user, user.appids)), nextCursor, estimatedTotal };
  }

  /** One person, with identities and sessions. */
  @Get(':id')
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async find(@Param('id', UserIdPipe) id: string): Promise<UserDetailView> {
    const user = await this.users.find(id);
    if (user === null) throw new UserNotFoundError();
    const [identities, sessions] = await Promise.all([
      this.users.identitiesOf(id),
      this.sessions.liveOf(user, mostSessions),
    ]);
    const appids = new Set(identities.map(({ appid }) => appid));
    return {
      ...this.item(user, [...appids].toSorted()),
      disabledReason: user.disabledReason,
      disabledUntil: user.disabledUntil?.toISOString() ?? null,
      identities: identities.map(({ appid, openid, unionid, linkedAt }) => ({
        appid,
        appName: this.apps.nameOf(appid),
        openid,
        unionid,
        linkedAt: linkedAt.toISOString(),
      })),
      sessions: sessions.map((session) => ({
        id: session.id,
        appid: session.clientId,
        ip: session.ip,
        userAgent: session.userAgent,
        createdAt: session.createdAt.toISOString(),
        lastSeenAt: session.lastSeenAt.toISOString(),
        expiresAt: session.expiresAt.toISOString(),
      })),
    };
  }

  private item(
    user: Pick<User, 'status' | 'externalId' | 'lastLoginAt' | 'mergedInto'> & Parameters<UserViews['of']>[0],
    appids: string[],
  ): UserItemView {
    return {
      ...this.views.of(user),
      status: user.status,
      appids,
      externalId: user.externalId,
      lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
      mergedInto: user.mergedInto,
    };
  }
}
