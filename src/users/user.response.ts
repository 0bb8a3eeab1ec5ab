/** A user as clients see one: neither openid nor unionid is in it. */
export class UserResponse {
  id: string;

  nickname: string | null;

  /** A WebP of 256×256 pixels, for anyone who knows this URL; another one after every change. */
  avatarUrl: string | null;

  /** E.164, `+8613800138000`. */
  phone: string | null;

  roles: string[];

  /** ISO 8601 in UTC. */
  createdAt: string;
}
