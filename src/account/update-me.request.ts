import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';
import { isNickname } from '../users/nickname.js';

/** Body of a change to one's own profile; what is absent stays. */
export class UpdateMeRequest {
  /** 1 to 32 characters without control characters; null clears it. */
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  @ValidateIf(({ nickname }: UpdateMeRequest) => nickname !== undefined && nickname !== null)
  @ValidateBy(
    { name: 'isNickname', validator: { validate: isNickname } },
    { message: 'nickname must be 1 to 32 characters, without control characters; null clears it' },
  )
  nickname?: string | null;
}
