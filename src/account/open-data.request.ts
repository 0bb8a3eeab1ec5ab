import { IsNotEmpty, IsString, ValidateIf } from 'class-validator';

/** What a phone got from WeChat in encrypted form, as it came. */
export class OpenDataRequest {
  /** Base64. */
  @IsString()
  @IsNotEmpty()
  encryptedData: string;

  /** Base64 of 16 bytes. */
  @IsString()
  @IsNotEmpty()
  iv: string;

  /** What `signature` is of; with it or without it, but not alone. */
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @IsNotEmpty()
  rawData?: string;

  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @IsNotEmpty()
  signature?: string;
}
