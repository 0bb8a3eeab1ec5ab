import { IsNotEmpty, IsString } from 'class-validator';

/** Body of a refresh. */
export class RefreshRequest {
  /** The one that came with the tokens last. */
  @IsString()
  @IsNotEmpty()
  refreshToken: string;
}
