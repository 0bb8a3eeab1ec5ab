import { Delete, Get, Header, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { AuditLogService } from '../audit/audit-log.service.js';
import { toActor, type AuthenticatedRequest } from '../auth/current-user.decorator.js';
import { FreshLogin, maxAdminLoginAge } from '../auth/fresh-login.decorator.js';
import { KeyRing } from '../crypto/key-ring.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { DeletionResponse } from '../users/deletion/deletion.response.js';
import { ImmediateErasureService } from '../users/deletion/immediate-erasure.service.js';
import { UserMergingService } from '../users/merging/user-merging.service.js';
import { UserSearchService } from '../users/search/user-search.service.js';
import { UserStatusService } from '../users/status/user-status.service.js';
import { MergeUserRequest } from './merge-user.request.js';
import { SearchUsersRequest } from './search-users.request.js';
import { UpdateUserRequest } from './update-user.request.js';
import { UserDetailResponse } from './user-detail.response.js';
import { UserDetailsService } from './user-details.service.js';
import { UserPageResponse } from './user-item.response.js';
import { AdminOnly } from '../auth/admin-only.decorator.js';

/** Finds users, and changes their status and roles. */
@ServiceController('admin/users')
@AdminOnly()
export class AdminUsersController {
  constructor(
    private readonly users: UserDetailsService,
    private readonly userSearch: UserSearchService,
    private readonly status: UserStatusService,
    private readonly merging: UserMergingService,
    private readonly immediateErasure: ImmediateErasureService,
    private readonly audit: AuditLogService,
    private readonly ring: KeyRing,
  ) {}

  /** Search users. It is a POST, so that openids and phone numbers stay out of URLs. */
  @Post('search')
  @Problems('search_too_broad', 'overloaded', 'database_unavailable')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async search(
    @ValidBody() request: SearchUsersRequest,
    @Req() guarded: AuthenticatedRequest,
  ): Promise<UserPageResponse> {
    const { users, nextCursor, estimatedTotal } = await this.userSearch.search(request);
    await this.audit.recordReading({
      ...toActor(guarded),
      action: 'users.searched',
      details: this.searchDetails(request, users.length),
    });
    return { items: users.map((user) => this.users.toItem(user, user.appids)), nextCursor, estimatedTotal };
  }

  /**
   * One user, with identities, sessions and audit entries. The id of a merged user leads to the user it was merged
   * into.
   */
  @Get(':id')
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async find(
    @Param('id', UuidPipe) id: string,
    @Req() request: AuthenticatedRequest,
  ): Promise<UserDetailResponse> {
    const detail = await this.users.find(id);
    await this.audit.recordReading({ ...toActor(request), action: 'user.viewed', userId: detail.id });
    return detail;
  }

  /** Disable or enable a user, with a reason and an end; set the roles. */
  @Patch(':id')
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async update(
    @Param('id', UuidPipe) id: string,
    @ValidBody() { until, ...change }: UpdateUserRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<UserDetailResponse> {
    await this.status.update(
      id,
      { ...change, until: typeof until === 'string' ? new Date(until) : until },
      toActor(request),
    );
    return this.users.find(id);
  }

  /** Merge this user into another one: its identities move to the other user, whose own data stays. */
  @Post(':id/merge')
  @HttpCode(200)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found', 'merge_refused')
  @Header('Cache-Control', 'no-store')
  async merge(
    @Param('id', UuidPipe) id: string,
    @ValidBody() { into }: MergeUserRequest,
    @Req() request: AuthenticatedRequest,
  ): Promise<UserDetailResponse> {
    await this.merging.mergeByHand(id, into, toActor(request));
    return this.users.find(into);
  }

  /** End all sessions of a user. */
  @Delete(':id/sessions')
  @HttpCode(204)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  async kick(@Param('id', UuidPipe) id: string, @Req() request: AuthenticatedRequest): Promise<void> {
    await this.status.endSessions(id, 'kicked', toActor(request));
  }

  /** Erase a user now, without a grace period. A ban stays. */
  @Delete(':id')
  @HttpCode(202)
  @FreshLogin(maxAdminLoginAge)
  @Problems('not_found')
  @Header('Cache-Control', 'no-store')
  async erase(
    @Param('id', UuidPipe) id: string,
    @Req() request: AuthenticatedRequest,
  ): Promise<DeletionResponse> {
    const eraseAt = await this.immediateErasure.eraseNow(id, toActor(request));
    return { eraseAt: eraseAt.toISOString() };
  }

  /** The search without the text that may name a user. `qHash` is a keyed hash of `q`: equal texts have equal hashes. */
  private searchDetails(request: SearchUsersRequest, found: number): object {
    const { q, status, appid, hasPhone, createdFrom, createdTo } = request;
    const qHash = q === undefined ? undefined : this.ring.hash('search-audit', q).toString('base64url');
    return { qHash, status, appid, hasPhone, createdFrom, createdTo, found };
  }
}
