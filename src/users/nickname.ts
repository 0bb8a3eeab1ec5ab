/** Characters as people count them: an emoji is one, whatever its code points. */
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });
const longestNickname = 32;
/** Guards the column against graphemes of a hundred combining marks each. */
const mostCodeUnits = 256;

/** Whether a value can be a nickname: 1 to 32 characters, none of them a control character. */
export function isNickname(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= mostCodeUnits &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value) &&
    [...graphemes.segment(value)].length <= longestNickname
  );
}
