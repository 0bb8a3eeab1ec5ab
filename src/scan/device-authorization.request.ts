import { IsOptional, IsString, MaxLength } from 'class-validator';

const maxIdLength = 64;
const maxSecretLength = 1_024;

/** What every form of a web client has. */
export class ClientRequest {
  /** An id of `WEB_CLIENTS`; not needed with HTTP Basic. */
  @IsOptional()
  @IsString()
  @MaxLength(maxIdLength)
  client_id?: string;

  /** The secret of the client, if it has one and does not use HTTP Basic. */
  @IsOptional()
  @IsString()
  @MaxLength(maxSecretLength)
  client_secret?: string;
}

/** Form of a client that wants to sign a user in (RFC 8628, section 3.1). */
export class DeviceAuthorizationRequest extends ClientRequest {}

/** Form of a page that wants to be told what becomes of its code. */
export class DeviceEventsRequest extends ClientRequest {
  @IsString()
  @MaxLength(maxIdLength)
  device_code: string;
}
