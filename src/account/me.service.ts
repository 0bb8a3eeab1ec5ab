import { Injectable } from '@nestjs/common';
import { NicknamesService } from '../users/profile/nicknames.service.js';
import { toSessionRevokedError } from '../users/identities/session-revoked.js';
import type { User } from '../users/user.entity.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import { UsersService } from '../users/users.service.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import type { ConsentResponse, MeResponse } from './me.response.js';

/** The signed-in person, as every route under /me answers. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UsersService,
    private readonly views: UserResponseMapper,
    private readonly nicknames: NicknamesService,
    private readonly apps: WechatAppsService,
  ) {}

  /**
   * The user of an access token. For up to a second it may outlive what happens to them.
   *
   * @throws {SessionRevokedError} where the user is active no longer
   */
  async getActiveUser(id: string): Promise<User> {
    const user = await this.users.find(id);
    if (user?.status !== 'active') throw toSessionRevokedError(user);
    return user;
  }

  async toResponse(user: User): Promise<MeResponse> {
    const identities = await this.users.findIdentities(user.id);
    const { externalId } = user;
    return {
      ...this.views.toResponse(user),
      externalId,
      pendingNickname: await this.nicknames.waitingOf(user.id),
      consent: consentOf(user),
      identities: identities.map(({ appid, linkedAt }) => ({
        appid,
        appName: this.apps.nameOf(appid),
        linkedAt: linkedAt.toISOString(),
      })),
    };
  }
}

/** What a user has consented to. */
export function consentOf({
  consentVersion,
  consentAt,
}: Pick<User, 'consentVersion' | 'consentAt'>): ConsentResponse | null {
  if (consentVersion === null || consentAt === null) return null;
  return { policyVersion: consentVersion, at: consentAt.toISOString() };
}
