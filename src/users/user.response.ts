/** A user as clients see one: neither openid nor unionid is in it. */
export class UserResponse {
  id: string;

  nickname: string | null;

  /** A WebP of 256×256 pixels. Anyone who knows the URL can read it. The URL changes with every new avatar. */
  avatarUrl: string | null;

  /** E.164, `+8613800138000`. */
  phone: string | null;

  roles: string[];

  /** ISO 8601 in UTC. */
  createdAt: string;
}
