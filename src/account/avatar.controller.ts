import { Controller, Header, HttpCode, Post, Put, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentUser, type SignedInUser } from '../auth/current-user.decorator.js';
import { Guarded } from '../auth/guarded.decorator.js';
import { PerUserBudget, PerUserTurns } from '../auth/limited-per-user.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { TakesUpload, Uploads } from '../http/uploads.js';
import { Avatars } from '../users/avatars.js';
import { Me } from './me.js';
import { MeView } from './me.view.js';

const uploadProblems = [
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'overloaded',
  'database_unavailable',
] as const;

// A form that is malformed is read and taken apart like any other.
const avatarBudget = { name: 'avatar', perMinute: 6, countsMalformed: true };

/** The signed-in person's own avatar. */
@Controller('me/avatar')
@ApiTags('me')
@Guarded()
export class AvatarController {
  constructor(
    private readonly me: Me,
    private readonly uploads: Uploads,
    private readonly avatars: Avatars,
  ) {}

  /** Change one's own avatar: a JPEG, PNG or WebP of 2 MB and 25 megapixels at most. */
  @Put()
  @TakesUpload()
  @PerUserBudget(avatarBudget)
  @PerUserTurns('writing')
  @Problems(...uploadProblems)
  @Header('Cache-Control', 'no-store')
  async put(@CurrentUser() { id }: SignedInUser, @Req() request: FastifyRequest): Promise<MeView> {
    await this.me.activeUser(id);
    await this.avatars.replace(id, await this.uploads.file(request));
    return this.me.view(await this.me.activeUser(id));
  }

  /**
   * The same for wx.uploadFile, which can only POST.
   *
   * @see https://developers.weixin.qq.com/miniprogram/dev/api/network/upload/wx.uploadFile.html
   */
  @Post()
  @HttpCode(200)
  @TakesUpload()
  @PerUserBudget(avatarBudget)
  @PerUserTurns('writing')
  @Problems(...uploadProblems)
  @Header('Cache-Control', 'no-store')
  async post(@CurrentUser() user: SignedInUser, @Req() request: FastifyRequest): Promise<MeView> {
    return this.put(user, request);
  }
}
