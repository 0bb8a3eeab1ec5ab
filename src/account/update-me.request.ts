import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';

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

/** Characters as people count them: an emoji is one, whatever its code points. */
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });
const longestNickname = 32;
/** Guards the column against graphemes of a hundred combining marks each. */
const mostCodeUnits = 256;

function isNickname(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= mostCodeUnits &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value) &&
    [...graphemes.segment(value)].length <= longestNickname
  );
}
