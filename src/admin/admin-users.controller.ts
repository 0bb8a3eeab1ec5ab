import { Body, Controller, Get, Header, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { JwtGuard } from '../auth/jwt.guard.js';
import { Roles } from '../auth/roles.decorator.js';
import { Sessions } from '../sessions/sessions.js';
import type { User, UserStatus } from '../users/user.entity.js';
import { UserSearch } from '../users/user-search.js';
import { type UserView, UserViews } from '../users/user-views.js';
import { UserNotFoundError } from '../users/users.errors.js';
import { Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { SearchUsersRequest } from './search-users.request.js';
import { UserIdPipe } from './user-id.pipe.js';

/** A user as the operator sees one in a list. */
interface UserItem extends UserView {
  status: UserStatus;
  appids: string[];
  externalId: string | null;
  lastLoginAt: string | null;
  /** The user that this one turned out to be, too. */
  mergedInto: string | null;
}

interface UserPageView {
  items: UserItem[];
  nextCursor: string | null;
  estimatedTotal: number;
}

/** A user as the operator sees one alone. */
interface UserDetail extends UserItem {
  disabledReason: string | null;
  disabledUntil: string | null;
  identities: {
    appid: string;
    appName: string | null;
    openid: string;
    unionid: string | null;
    linkedAt: string;
  }[];
  /** Those that are still good, the newest first. */
  sessions: {
    id: string;
    appid: string;
    ip: string | null;
    userAgent: string | null;
    createdAt: string;
    lastSeenAt: string;
    expiresAt: string;
    endedAt: string | null;
  }[];
}

const mostSessions = 100;

/** Finding people. */
@Controller('admin/users')
@UseGuards(JwtGuard)
@Roles('admin')
export class AdminUsersController {
  constructor(
    private readonly users: Users,
    private readonly userSearch: UserSearch,
    private readonly sessions: Sessions,
    private readonly views: UserViews,
    private readonly apps: WechatApps,
  ) {}

  /** A POST, so that openids and phone numbers stay out of URLs. */
  @Post('search')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async search(@Body() request: SearchUsersRequest): Promise<UserPageView> {
    const { users, nextCursor, estimatedTotal } = await this.userSearch.search(request);
    return { items: users.map((user) => this.item(user, user.appids)), nextCursor, estimatedTotal };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async find(@Param('id', UserIdPipe) id: string): Promise<UserDetail> {
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
        endedAt: session.endedAt?.toISOString() ?? null,
      })),
    };
  }

  private item(
    user: Pick<User, 'status' | 'externalId' | 'lastLoginAt' | 'mergedInto'> & Parameters<UserViews['of']>[0],
    appids: string[],
  ): UserItem {
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
