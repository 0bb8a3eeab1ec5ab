import { IsOptional, IsString, Length, ValidateIf } from 'class-validator';

/** Body of a login. */
export class LoginRequest {
  /** What wx.login gave. WeChat says nothing of its form, so that only WeChat judges it. */
  @IsString()
  @Length(1, 512)
  code: string;

  /** The mini-program; needed only where several are served and the request does not come from wx.request. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  appid?: string | null;

  /** What the getPhoneNumber button gave: stores the phone number in the same call. */
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @Length(1, 512)
  phoneCode?: string;
}
