import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Patch,
  Post,
  Req,
  StreamableFile,
  UsePipes,
} from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import {
  actorOf,
  CurrentUser,
  type GuardedRequest,
  type SignedInUser,
} from '../auth/current-user.decorator.js';
import { FreshLogin, maxAccountLoginAge } from '../auth/fresh-login.decorator.js';
import { Guarded } from '../auth/guarded.decorator.js';
import { PerUserBudget, PerUserTurns } from '../auth/limited-per-user.decorator.js';
import { Settings } from '../config/settings.js';
import { BodyPipe } from '../http/body.pipe.js';
import { Problems } from '../http/problems.decorator.js';
import { DeletionAnswer } from '../users/deletion.answer.js';
import { Nicknames } from '../users/nicknames.js';
import { UserStanding } from '../users/user-standing.js';
import { AccountExport } from './account-export.js';
import { ExportView } from './export.view.js';
import { Me } from './me.js';
import { MeView } from './me.view.js';
import { UpdateMeRequest } from './update-me.request.js';

const nicknameBudget = { name: 'nickname', perMinute: 6 };

/** The signed-in person. */
@Controller('me')
@UsePipes(BodyPipe)
@ApiTags('me')
@Guarded()
export class AccountController {
  constructor(
    private readonly self: Me,
    private readonly nicknames: Nicknames,
    private readonly accountExport: AccountExport,
    private readonly standing: UserStanding,
    private readonly settings: Settings,
  ) {}

  /** The signed-in person. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async me(@CurrentUser() { id }: SignedInUser): Promise<MeView> {
    return this.self.view(await this.self.activeUser(id));
  }

  /** Change one's own profile. WeChat judges the nickname. */
  @Patch()
  @PerUserBudget(nicknameBudget)
  @PerUserTurns('writing')
  @Problems('invalid_request', 'content_rejected', 'login_again')
  @Header('Cache-Control', 'no-store')
  async update(
    @CurrentUser() { id, sessionId }: SignedInUser,
    @Body() { nickname }: UpdateMeRequest,
  ): Promise<MeView> {
    const user = await this.self.activeUser(id);
    if (nickname === undefined) return this.self.view(user);
    await this.nicknames.change({ userId: id, sessionId }, nickname);
    return this.self.view(await this.self.activeUser(id));
  }

  /**
   * The same for wx.request, which knows no PATCH.
   *
   * @see https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html
   */
  @Post()
  @HttpCode(200)
  @PerUserBudget(nicknameBudget)
  @PerUserTurns('writing')
  @Problems('invalid_request', 'content_rejected', 'login_again')
  @Header('Cache-Control', 'no-store')
  async updateByPost(@CurrentUser() user: SignedInUser, @Body() body: UpdateMeRequest): Promise<MeView> {
    return this.update(user, body);
  }

  /** All that is held about oneself, as a file. Openids are in it: keep it as you would keep a password. */
  @Get('export')
  @FreshLogin(maxAccountLoginAge)
  @PerUserBudget({ name: 'export', perMinute: 2 })
  @ApiProduces('application/json')
  @ApiOkResponse({ type: ExportView })
  @Header('Cache-Control', 'no-store')
  async export(@CurrentUser() { id }: SignedInUser, @Req() request: GuardedRequest): Promise<StreamableFile> {
    const content = await this.accountExport.open(await this.self.activeUser(id), actorOf(request));
    return new StreamableFile(content, {
      type: 'application/json; charset=utf-8',
      disposition: `attachment; filename="${id}.json"`,
    });
  }

  /** Ask to be deleted: all sessions end now. Until `eraseAt` a login with `restore: true` takes it back. */
  @Delete()
  @HttpCode(202)
  @FreshLogin(maxAccountLoginAge)
  @PerUserTurns('ending')
  @Header('Cache-Control', 'no-store')
  async leave(@CurrentUser() { id }: SignedInUser, @Req() request: GuardedRequest): Promise<DeletionAnswer> {
    await this.self.activeUser(id);
    const eraseAt = await this.standing.leave(id, this.settings.deletionGrace, actorOf(request));
    return { eraseAt: eraseAt.toISOString() };
  }
}
