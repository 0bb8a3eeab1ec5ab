import { Delete, Get, Header, HttpCode, Patch, Post, Req, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import {
  toActor,
  CurrentUser,
  type AuthenticatedRequest,
  type SignedInUser,
} from '../auth/current-user.decorator.js';
import { FreshLogin, maxAccountLoginAge } from '../auth/fresh-login.decorator.js';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserRateLimit, PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import { Settings } from '../config/settings.js';
import { ValidBody } from '../http/valid-body.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { DeletionResponse } from '../users/deletion/deletion.response.js';
import { NicknamesService } from '../users/profile/nicknames.service.js';
import { UserStatusService } from '../users/status/user-status.service.js';
import { AccountExportService } from './account-export.service.js';
import { ExportResponse } from './export.response.js';
import { MeService } from './me.service.js';
import { MeResponse } from './me.response.js';
import { UpdateMeRequest } from './update-me.request.js';

const nicknameRateLimit = { name: 'nickname', perMinute: 6 };

/** The signed-in user. */
@ServiceController('me')
@NeedsDatabase()
@ApiTags('me')
@Authenticated()
export class AccountController {
  constructor(
    private readonly self: MeService,
    private readonly nicknames: NicknamesService,
    private readonly accountExport: AccountExportService,
    private readonly status: UserStatusService,
    private readonly settings: Settings,
  ) {}

  /** The signed-in user. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async me(@CurrentUser() { id }: SignedInUser): Promise<MeResponse> {
    return this.self.toResponse(await this.self.getActiveUser(id));
  }

  /** Change your own profile. WeChat's content check judges the nickname. */
  @Patch()
  @PerUserRateLimit(nicknameRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems('invalid_request', 'content_rejected', 'login_again')
  @Header('Cache-Control', 'no-store')
  async update(
    @CurrentUser() { id, sessionId }: SignedInUser,
    @ValidBody() { nickname }: UpdateMeRequest,
  ): Promise<MeResponse> {
    const user = await this.self.getActiveUser(id);
    if (nickname === undefined) return this.self.toResponse(user);
    await this.nicknames.change({ userId: id, sessionId }, nickname);
    return this.self.toResponse(await this.self.getActiveUser(id));
  }

  /**
   * The same as PATCH, for wx.request, which has no PATCH.
   *
   * @see https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html
   */
  @Post()
  @HttpCode(200)
  @PerUserRateLimit(nicknameRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems('invalid_request', 'content_rejected', 'login_again')
  @Header('Cache-Control', 'no-store')
  async updateByPost(
    @CurrentUser() user: SignedInUser,
    @ValidBody() body: UpdateMeRequest,
  ): Promise<MeResponse> {
    return this.update(user, body);
  }

  /** Everything that the service stores about you, as a file. It contains openids: keep it like a password. */
  @Get('export')
  @FreshLogin(maxAccountLoginAge)
  @PerUserRateLimit({ name: 'export', perMinute: 2 })
  @ApiProduces('application/json')
  @ApiOkResponse({ type: ExportResponse })
  @Header('Cache-Control', 'no-store')
  async export(
    @CurrentUser() { id }: SignedInUser,
    @Req() request: AuthenticatedRequest,
  ): Promise<StreamableFile> {
    const content = await this.accountExport.open(await this.self.getActiveUser(id), toActor(request));
    return new StreamableFile(content, {
      type: 'application/json; charset=utf-8',
      disposition: `attachment; filename="${id}.json"`,
    });
  }

  /**
   * Request the deletion of your account. All sessions end now. Until `eraseAt`, a login with `restore: true`
   * cancels the deletion.
   */
  @Delete()
  @HttpCode(202)
  @FreshLogin(maxAccountLoginAge)
  @PerUserConcurrencyLimit('ending')
  @Header('Cache-Control', 'no-store')
  async leave(
    @CurrentUser() { id }: SignedInUser,
    @Req() request: AuthenticatedRequest,
  ): Promise<DeletionResponse> {
    await this.self.getActiveUser(id);
    const eraseAt = await this.status.requestDeletion(id, this.settings.deletionGrace, toActor(request));
    return { eraseAt: eraseAt.toISOString() };
  }
}
