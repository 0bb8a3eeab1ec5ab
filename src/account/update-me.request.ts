import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';
import { IsPlainText } from '../validation/plain-text.js';
import { maxNicknameLength } from '../users/profile/nickname.js';

/** Body of a change to one's own profile; what is absent stays. */
export class UpdateMeRequest {
  /**
   * 1 to 32 characters as users count them, at least one of them visible, in one line, and none that change the direction
   * of text; null clears it.
   */
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @ValidateIf(({ nickname }: UpdateMeRequest) => nickname !== undefined && nickname !== null)
  @IsPlainText(maxNicknameLength, '; null clears it')
  nickname?: string | null;
}
