import { Header, HttpCode, Post, Put, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentUser, type SignedInUser } from '../auth/current-user.decorator.js';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { PerUserRateLimit, PerUserConcurrencyLimit } from '../auth/per-user-limits.decorator.js';
import type { HttpRequest } from '../http/http-request.js';
import { Problems } from '../http/problems.decorator.js';
import { TakesUpload, Uploads } from '../http/uploads.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { AvatarsService } from '../users/profile/avatars.service.js';
import { MeService } from './me.service.js';
import { MeResponse } from './me.response.js';

const uploadProblems = [
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'overloaded',
  'database_unavailable',
] as const;

// A malformed form is read and parsed like any other, and costs as much.
const avatarRateLimit = { name: 'avatar', perMinute: 6, countsMalformed: true };

/** The signed-in user's own avatar. */
@ServiceController('me/avatar')
@NeedsDatabase()
@ApiTags('me')
@Authenticated()
export class AvatarController {
  constructor(
    private readonly me: MeService,
    private readonly uploads: Uploads,
    private readonly avatars: AvatarsService,
  ) {}

  /** Change your own avatar: a JPEG, PNG or WebP of at most 2 MB and 25 megapixels. */
  @Put()
  @TakesUpload()
  @PerUserRateLimit(avatarRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems(...uploadProblems)
  @Header('Cache-Control', 'no-store')
  async put(@CurrentUser() { id }: SignedInUser, @Req() request: HttpRequest): Promise<MeResponse> {
    await this.me.getActiveUser(id);
    await this.avatars.replace(id, await this.uploads.file(request));
    return this.me.toResponse(await this.me.getActiveUser(id));
  }

  /**
   * The same as PUT, for wx.uploadFile, which can only POST.
   *
   * @see https://developers.weixin.qq.com/miniprogram/dev/api/network/upload/wx.uploadFile.html
   */
  @Post()
  @HttpCode(200)
  @TakesUpload()
  @PerUserRateLimit(avatarRateLimit)
  @PerUserConcurrencyLimit('writing')
  @Problems(...uploadProblems)
  @Header('Cache-Control', 'no-store')
  async post(@CurrentUser() user: SignedInUser, @Req() request: HttpRequest): Promise<MeResponse> {
    return this.put(user, request);
  }
}
