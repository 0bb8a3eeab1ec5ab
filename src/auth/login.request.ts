import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsPlainText } from '../validation/plain-text.js';

const maxVersionLength = 64;

/** Consent to the privacy policy, given before the login. */
export class ConsentRequest {
  /** The version that the user has read. */
  @IsPlainText(maxVersionLength)
  policyVersion: string;
}

/** Body of a login. */
export class LoginRequest {
  /** What wx.login gave. WeChat says nothing of its form: what is printable ASCII is judged by WeChat alone. */
  @IsString()
  @Length(1, 512)
  @Matches(/\S/, { message: '$property must not be blank' })
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
  @Matches(/\S/, { message: '$property must not be blank' })
  phoneCode?: string;

  /** Kept with its time: the newest one counts. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => ConsentRequest)
  consent?: ConsentRequest;

  /** true takes back the wish to be deleted, within the time that `account_deleting` names; else it does nothing. */
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  restore?: boolean;
}
