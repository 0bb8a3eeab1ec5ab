/** Characters as people count them: an emoji is one, whatever its code points. */
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });
/** Guards the column against graphemes of a hundred combining marks each. */
const mostCodeUnitsEach = 8;

/** Whether a value is text of 1 to `longest` characters, none of them a control character. */
export function isPlainText(value: unknown, longest: number): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= longest * mostCodeUnitsEach &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value) &&
    [...graphemes.segment(value)].length <= longest
  );
}
