import { IsNotEmpty, IsString, Length, Matches, ValidateIf } from 'class-validator';

const hasNoCode = ({ code }: PhoneRequest) => code === undefined;
const hasNoCodeOrBoth = (request: PhoneRequest) => hasNoCode(request) || request.encryptedData !== undefined;

/** What the getPhoneNumber button gave: a code, or, in older base libraries, encrypted data. */
export class PhoneRequest {
  /** Of the button: not that of wx.login. */
  @ValidateIf((request: PhoneRequest) => !hasNoCode(request))
  @IsString()
  @Length(1, 512)
  @Matches(/\S/, { message: '$property must not be blank' })
  code?: string;

  /** Base64. */
  @ValidateIf(hasNoCodeOrBoth)
  @IsString()
  @IsNotEmpty()
  encryptedData?: string;

  /** Base64 of 16 bytes. */
  @ValidateIf(hasNoCodeOrBoth)
  @IsString()
  @IsNotEmpty()
  iv?: string;
}
