import { IsNotEmpty, IsString } from 'class-validator';

/** Body of a refresh. */
export class RefreshRequest {
  /** The newest refresh token. */
  @IsString()
  @IsNotEmpty()
  refreshToken: string;
}
