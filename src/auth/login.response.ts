import { UserResponse } from '../users/user.response.js';

/** A session's tokens, and whose they are. The names are those of RFC 6749, section 5.1, in camel case. */
export class TokenResponse {
  /** JWT (RFC 9068), ES256. Send it with every request as `Authorization: Bearer …`. */
  accessToken: string;

  tokenType: 'Bearer';

  /** Seconds until the access token expires. */
  expiresIn: number;

  /** Opaque. It replaces the previous one. */
  refreshToken: string;

  /** Seconds until the refresh token expires, if it is not used. */
  refreshExpiresIn: number;

  user: UserResponse;
}

/** Something beside the login that did not work. */
export class LoginWarning {
  /** The same code as in an error. */
  code: string;
}

/** The answer to a login. */
export class LoginResponse extends TokenResponse {
  /** Whether this login created the user. */
  isNewUser: boolean;

  /** Absent if everything succeeded. */
  warnings?: LoginWarning[];
}
