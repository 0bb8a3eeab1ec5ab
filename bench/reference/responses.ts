import { unseal } from './keys.js';
import { accessTokenTtl, signAccessToken, type UserRow } from './tokens.js';

/** A session that goes on. */
interface OpenSession {
  sessionId: string;
  refreshToken: string;
  refreshExpiresIn: number;
}

/** What a login and a refresh answer. */
export function toTokenResponse(user: UserRow, session: OpenSession): object {
  return {
    accessToken: signAccessToken(user, session.sessionId),
    tokenType: 'Bearer',
    expiresIn: accessTokenTtl,
    refreshToken: session.refreshToken,
    refreshExpiresIn: session.refreshExpiresIn,
    user: {
      id: user.id,
      nickname: user.nickname,
      avatarUrl: user.avatarKey === null ? null : `/avatars/${user.avatarKey}`,
      phone: unsealPhone(user),
      roles: user.roles,
      createdAt: user.createdAt.toISOString(),
    },
  };
}

export function unsealPhone({ id, phoneSealed }: Pick<UserRow, 'id' | 'phoneSealed'>): string | null {
  return phoneSealed === null ? null : unseal('phone', phoneSealed, id);
}
