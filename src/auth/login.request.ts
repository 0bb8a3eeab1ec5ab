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
  /** The version that the user has accepted. */
  @IsPlainText(maxVersionLength)
  policyVersion: string;
}

/** Body of a login. */
export class LoginRequest {
  /** The code of wx.login: printable ASCII. */
  @IsString()
  @Length(1, 512)
  @Matches(/\S/, { message: '$property must not be blank' })
  code: string;

  /** The mini-program. Needed only if the service has several and the request does not come from wx.request. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  appid?: string | null;

  /** The code of the getPhoneNumber button: the same call stores the phone number. */
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @Length(1, 512)
  @Matches(/\S/, { message: '$property must not be blank' })
  phoneCode?: string;

  /** Stored with its time. The newest one counts. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => ConsentRequest)
  consent?: ConsentRequest;

  /** `true` cancels a requested deletion, until the time that `account_deleting` names. Otherwise it does nothing. */
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  restore?: boolean;
}
