import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Req,
  UsePipes,
} from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { actorOf, type GuardedRequest } from '../auth/current-user.decorator.js';
import { FreshLogin, maxAdminLoginAge } from '../auth/fresh-login.decorator.js';
import { KeyRing } from '../crypto/key-ring.js';
import { BodyPipe } from '../http/body.pipe.js';
import { Problems } from '../http/problems.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { Sessions } from '../sessions/sessions.js';
import { Avatars } from '../users/avatars.js';
import { DeletionAnswer } from '../users/deletion.answer.js';
import { Dismissal } from '../users/dismissal.js';
import type { User } from '../users/user.entity.js';
import { Merging } from '../users/merging.js';
import { UserSearch } from '../users/user-search.js';
import { UserStanding } from '../users/user-standing.js';
import { UserViews } from '../users/user-views.js';
import { UserNotFoundError } from '../users/users.errors.js';
import { Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { toAuditEventView } from './audit-event.view.js';
import { MergeUserRequest } from './merge-user.request.js';
import { SearchUsersRequest } from './search-users.request.js';
import { UpdateUserRequest } from './update-user.request.js';
import { UserDetailView } from './user-detail.view.js';
import { UserItemView, UserPageView } from './user-item.view.js';
import { OperatorsOnly } from './operators-only.decorator.js';

const mostSessions = 100;
const mostAuditEvents = 50;

/** Finding people, and changing how they stand. */
@Controller('admin/users')
@OperatorsOnly()
@UsePipes(BodyPipe)
export class AdminUsersController {
  constructor(
    private readonly users: Users,
    private readonly userSearch: UserSearch,
    private readonly sessions: Sessions,
    private readonly standing: UserStanding,
    private readonly merging: Merging,
    private readonly dismissal: Dismissal,
    private readonly avatars: Avatars,
    private readonly audit: Audit,
    private readonly views: UserViews,
    private readonly apps: WechatApps,
    private readonly ring: KeyRing,
  ) {}

  /** Find people. A POST, so that openids and phone numbers stay out of URLs. */
  @Post('search')
  @Problems('search_too_broad', 'overloaded', 'database_unavailable')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async search(@Body() request: SearchUsersRequest, @Req() guarded: GuardedRequest): Promise<UserPageView> {
    const { users, nextCursor, estimatedTotal } = await this.userSearch.search(request);
    await this.audit.recordReading({
      ...actorOf(guarded),
      action: 'users.searched',
      details: this.searchDetails(request, users.length),
    });
    return { items: users.map((user) => this.item(user, user.appids)), nextCursor, estimatedTotal };
  }

  /** One person, with identities, sessions, and what the audit has of them. An id that was merged leads to who stayed. */
  @Get(':id')
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async find(@Param('id', UuidPipe) id: string, @Req() request: GuardedRequest): Promise<UserDetailView> {
    const detail = await this.detail(id);
    await this.audit.recordReading({ ...actorOf(request), action: 'user.viewed', userId: detail.id });
    return detail;
  }

  /** Disable or enable a person, with reason and end; set their roles. */
  @Patch(':id')
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async update(
    @Param('id', UuidPipe) id: string,
    @Body() { until, ...change }: UpdateUserRequest,
    @Req() request: GuardedRequest,
  ): Promise<UserDetailView> {
    await this.standing.update(
      id,
      { ...change, until: typeof until === 'string' ? new Date(until) : until },
      actorOf(request),
    );
    return this.detail(id);
  }

  /** Make one of two people: this one's identities go to the other, who keeps what they have. */
  @Post(':id/merge')
  @HttpCode(200)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found', 'merge_refused')
  @Header('Cache-Control', 'no-store')
  async merge(
    @Param('id', UuidPipe) id: string,
    @Body() { into }: MergeUserRequest,
    @Req() request: GuardedRequest,
  ): Promise<UserDetailView> {
    await this.merging.mergeByHand(id, into.toLowerCase(), actorOf(request));
    return this.detail(into.toLowerCase());
  }

  /** End all sessions of a person. */
  @Delete(':id/sessions')
  @HttpCode(204)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  async kick(@Param('id', UuidPipe) id: string, @Req() request: GuardedRequest): Promise<void> {
    await this.standing.endSessions(id, 'kicked', actorOf(request));
  }

  /** Erase a person now, without grace. Who is disabled stays disabled. */
  @Delete(':id')
  @HttpCode(202)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async erase(@Param('id', UuidPipe) id: string, @Req() request: GuardedRequest): Promise<DeletionAnswer> {
    const { userId, eraseAt } = await this.dismissal.erase(id, actorOf(request));
    await this.avatars.forgetSoon(userId);
    return { eraseAt: eraseAt.toISOString() };
  }

  private async detail(id: string): Promise<UserDetailView> {
    const user = await this.users.findSurvivor(id);
    if (user === null) throw new UserNotFoundError();
    const [identities, sessions, { events }] = await Promise.all([
      this.users.identitiesOf(user.id),
      this.sessions.liveOf(user.id, mostSessions),
      this.audit.page({ userId: user.id, limit: mostAuditEvents }),
    ]);
    const appids = new Set(identities.map(({ appid }) => appid));
    return {
      ...this.item(user, [...appids].toSorted()),
      disabledReason: user.disabledReason,
      disabledUntil: user.disabledUntil?.toISOString() ?? null,
      eraseAt: user.erasedAt === null ? (user.eraseAt?.toISOString() ?? null) : null,
      erasedAt: user.erasedAt?.toISOString() ?? null,
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
      auditEvents: events.map(toAuditEventView),
    };
  }

  /** What was looked for, without what names a person: of `q` a keyed hash, the same for the same `q`. */
  private searchDetails(request: SearchUsersRequest, found: number): object {
    const { q, status, appid, hasPhone, createdFrom, createdTo } = request;
    const qHash = q === undefined ? undefined : this.ring.hash('search-audit', q).toString('base64url');
    return { qHash, status, appid, hasPhone, createdFrom, createdTo, found };
  }

  private item(
    user: Pick<User, 'status' | 'externalId' | 'lastLoginAt' | 'mergedInto' | 'mergePendingWith'> &
      Parameters<UserViews['of']>[0],
    appids: string[],
  ): UserItemView {
    return {
      ...this.views.of(user),
      status: user.status,
      appids,
      externalId: user.externalId,
      lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
      mergedInto: user.mergedInto,
      mergePendingWith: user.mergePendingWith,
    };
  }
}
