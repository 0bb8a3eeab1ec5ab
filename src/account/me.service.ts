import { Injectable } from '@nestjs/common';
import { NicknamesService } from '../users/profile/nicknames.service.js';
import { IdentityResponseMapper } from '../users/identities/identity-response.mapper.js';
import { toSessionRevokedError } from '../users/identities/session-revoked.js';
import type { User } from '../users/user.entity.js';
import { UserResponseMapper } from '../users/profile/user-response.mapper.js';
import { UsersService } from '../users/users.service.js';
import type { ConsentResponse, MeResponse } from './me.response.js';

/** The signed-in user, as the routes of /me return it. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UsersService,
    private readonly userResponses: UserResponseMapper,
    private readonly identityResponses: IdentityResponseMapper,
    private readonly nicknames: NicknamesService,
  ) {}

  /**
   * The user of an access token. A token may work for up to a second after its user was disabled, merged or erased.
   *
   * @throws {SessionRevokedError} if the user is not active any more
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
      ...this.userResponses.toResponse(user),
      externalId,
      pendingNickname: await this.nicknames.findWaitingNickname(user.id),
      profileStaleSince: user.profileStaleSince?.toISOString() ?? null,
      consent: consentOf(user),
      identities: identities.map((identity) => this.identityResponses.toResponse(identity)),
    };
  }
}

/** The privacy policy to which a user has consented. */
export function consentOf({
  consentVersion,
  consentAt,
}: Pick<User, 'consentVersion' | 'consentAt'>): ConsentResponse | null {
  if (consentVersion === null || consentAt === null) return null;
  return { policyVersion: consentVersion, at: consentAt.toISOString() };
}
