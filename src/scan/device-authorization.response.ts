/** What a client shows to the user, and what it goes on with (RFC 8628, section 3.2). */
export class DeviceAuthorizationResponse {
  /** A secret of the client. It belongs into the body of requests, never into a URL. */
  device_code: string;

  /** For the user to compare with the phone, or to type: `XXXX-XXXX`. */
  user_code: string;

  /** A page that says how to go on, for clients that print it. */
  verification_uri: string;

  verification_uri_complete: string;

  /** Seconds. */
  expires_in: number;

  /** Seconds between two requests for tokens. */
  interval: number;

  /** The mini-program code, as an image. */
  qr_code_uri: string;
}

/** The tokens of a session (RFC 6749, section 5.1). */
export class OAuthTokenResponse {
  access_token: string;

  token_type: 'Bearer';

  /** Seconds. */
  expires_in: number;

  /** It replaces the previous one, and works for this client only. */
  refresh_token: string;
}

/** Whether a token is active, and what it says (RFC 7662, section 2.2). An inactive one has no other member. */
export class IntrospectionResponse {
  active: boolean;

  client_id?: string;

  /** Absent for a refresh token. */
  token_type?: 'Bearer';

  /** Seconds since 1970. */
  exp?: number;

  iat?: number;

  /** The id of the user. */
  sub?: string;

  aud?: string;

  iss?: string;

  jti?: string;

  /** The id of the session. */
  sid?: string;

  roles?: string[];
}

/** An error of OAuth (RFC 6749, section 5.2). */
export class OAuthErrorResponse {
  /** What clients switch on. */
  error: string;

  /** What happened, and what to do next. */
  error_description: string;
}
