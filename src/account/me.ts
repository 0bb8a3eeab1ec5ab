import { Injectable } from '@nestjs/common';
import { Nicknames } from '../users/nicknames.js';
import { sessionEndOf } from '../users/session-end.js';
import type { User } from '../users/user.entity.js';
import { UserViews } from '../users/user-views.js';
import { Users } from '../users/users.js';
import { WechatApps } from '../wechat/wechat-apps.js';
import type { ConsentView, MeView } from './me.view.js';

/** The signed-in person, as every route under /me answers. */
@Injectable()
export class Me {
  constructor(
    private readonly users: Users,
    private readonly views: UserViews,
    private readonly nicknames: Nicknames,
    private readonly apps: WechatApps,
  ) {}

  /**
   * The user of an access token. For up to a second it may outlive what happens to them.
   *
   * @throws {SessionRevokedError} where the user is active no longer
   */
  async activeUser(id: string): Promise<User> {
    const user = await this.users.find(id);
    if (user?.status !== 'active') throw sessionEndOf(user);
    return user;
  }

  async view(user: User): Promise<MeView> {
    const identities = await this.users.identitiesOf(user.id);
    const { externalId } = user;
    return {
      ...this.views.of(user),
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

/** What a person has consented to. */
export function consentOf({
  consentVersion,
  consentAt,
}: Pick<User, 'consentVersion' | 'consentAt'>): ConsentView | null {
  if (consentVersion === null || consentAt === null) return null;
  return { policyVersion: consentVersion, at: consentAt.toISOString() };
}
