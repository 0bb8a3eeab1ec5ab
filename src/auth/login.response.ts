import { UserResponse } from '../users/user.response.js';

/** A session's tokens, and whose they are. The names are those of RFC 6749, section 5.1, in camel case. */
export class TokenResponse {
  /** JWT (RFC 9068), ES256: goes with every request as `Authorization: Bearer …`. */
  accessToken: string;

  tokenType: 'Bearer';

  /** Seconds until the access token expires. */
  expiresIn: number;

  /** Opaque; replaces the one before. */
  refreshToken: string;

  /** Seconds until the refresh token expires, unless it is used before. */
  refreshExpiresIn: number;

  user: UserResponse;
}

/** Something beside the login that did not work. */
export class LoginWarning {
  /** As an error of its own would have it. */
  code: string;
}

/** The answer to a login. */
export class LoginResponse extends TokenResponse {
  /** Whether this login made the user. */
  isNewUser: boolean;

  /** Absent where all went well. */
  warnings?: LoginWarning[];
}
