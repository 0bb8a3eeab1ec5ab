import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';
import { IsPlainText } from '../validation/plain-text.js';
import { maxNicknameLength } from '../users/profile/nickname.js';

/** Body of a change to one's own profile; what is absent stays. */
export class UpdateMeRequest {
  /**
   * 1 to 32 visible characters in one line; `null` removes it.
   */
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @ValidateIf(({ nickname }: UpdateMeRequest) => nickname !== undefined && nickname !== null)
  @IsPlainText(maxNicknameLength, '; null clears it')
  nickname?: string | null;
}
