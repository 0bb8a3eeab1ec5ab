import type { User } from './user.entity.js';

/** A user as clients see one: neither openid nor unionid is in it. */
export interface UserView {
  id: string;
  nickname: string | null;
  avatarUrl: string | null;
  phone: string | null;
  roles: string[];
  createdAt: string;
}

/** What of a user clients may see. */
export function toUserView({
  id,
  nickname,
  roles,
  createdAt,
}: Pick<User, 'id' | 'nickname' | 'roles' | 'createdAt'>): UserView {
  return { id, nickname, avatarUrl: null, phone: null, roles, createdAt: createdAt.toISOString() };
}
