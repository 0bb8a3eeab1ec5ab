import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ClientRequest } from './device-authorization.request.js';

/** RFC 8628, section 3.4. */
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const maxTokenLength = 4_096;

/** Form of a request for tokens (RFC 8628, section 3.4; RFC 6749, section 6). */
export class OAuthTokenRequest extends ClientRequest {
  /** `urn:ietf:params:oauth:grant-type:device_code` or `refresh_token`. */
  @IsString()
  grant_type: string;

  @IsOptional()
  @IsString()
  @MaxLength(maxTokenLength)
  device_code?: string;

  @IsOptional()
  @IsString()
  @MaxLength(maxTokenLength)
  refresh_token?: string;
}

/** Form of a request about a token (RFC 7009, section 2.1; RFC 7662, section 2.1). The kind of the token is found out. */
export class TokenRequest extends ClientRequest {
  @IsString()
  @MaxLength(maxTokenLength)
  token: string;
}
