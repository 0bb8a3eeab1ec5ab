import { Body, Controller, Get, Header, Patch, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type SignedInUser } from '../auth/current-user.decorator.js';
import { JwtGuard } from '../auth/jwt.guard.js';
import { BodyPipe } from '../http/body.pipe.js';
import { Problems } from '../http/problems.decorator.js';
import { SessionRevokedError } from '../sessions/sessions.errors.js';
import type { User } from '../users/user.entity.js';
import { UserViews } from '../users/user-views.js';
import { Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import { MeView } from './me.view.js';
import { UpdateMeRequest } from './update-me.request.js';

/** The signed-in person. */
@Controller('me')
@UseGuards(JwtGuard)
@UsePipes(BodyPipe)
@ApiTags('me')
@ApiBearerAuth()
@Problems('token_missing', 'token_invalid', 'token_expired', 'session_revoked', 'database_unavailable')
export class AccountController {
  constructor(
    private readonly users: Users,
    private readonly views: UserViews,
    private readonly apps: WechatApps,
  ) {}

  /** The signed-in person. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async me(@CurrentUser() { id }: SignedInUser): Promise<MeView> {
    return this.view(await this.activeUser(id));
  }

  /** Change one's own profile. */
  @Patch()
  @Problems('invalid_request')
  @Header('Cache-Control', 'no-store')
  async update(@CurrentUser() { id }: SignedInUser, @Body() { nickname }: UpdateMeRequest): Promise<MeView> {
    const user = await this.activeUser(id);
    if (nickname === undefined) return this.view(user);
    await this.users.rename(id, nickname);
    user.nickname = nickname;
    return this.view(user);
  }

  /** A token outlives what happens to its user by up to its lifetime. */
  private async activeUser(id: string): Promise<User> {
    const user = await this.users.find(id);
    switch (user?.status) {
      case 'active':
        return user;
      case 'disabled':
        throw new SessionRevokedError('disabled');
      case 'merged':
        throw new SessionRevokedError('merged');
      default:
        throw new SessionRevokedError('deleted');
    }
  }

  private async view(user: User): Promise<MeView> {
    const identities = await this.users.identitiesOf(user.id);
    const { externalId, consentVersion, consentAt } = user;
    return {
      ...this.views.of(user),
      externalId,
      consent:
        consentVersion === null || consentAt === null
          ? null
          : { policyVersion: consentVersion, at: consentAt.toISOString() },
      identities: identities.map(({ appid, linkedAt }) => ({
        appid,
        appName: this.apps.nameOf(appid),
        linkedAt: linkedAt.toISOString(),
      })),
    };
  }
}
