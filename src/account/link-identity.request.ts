import { IsString, Length, Matches } from 'class-validator';

/** Body of a wish to link another mini-program. */
export class LinkIdentityRequest {
  /** The code of wx.login in that mini-program. */
  @IsString()
  @Length(1, 512)
  @Matches(/\S/, { message: '$property must not be blank' })
  code: string;

  /** That mini-program. */
  @IsString()
  @Length(1, 64)
  appid: string;
}
