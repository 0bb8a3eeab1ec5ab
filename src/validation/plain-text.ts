import { ValidateBy } from 'class-validator';

/** Characters as users count them: an emoji is one, whatever its code points. */
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/**
 * Bounds the work and the columns before anything is counted: a character may have a hundred accents. The longest emoji
 * has 15 code units (https://unicode.org/Public/emoji/latest/emoji-zwj-sequences.txt). Of 32 characters come at most
 * 1,920 bytes of UTF-8, which Postgres's indexes hold (2,704).
 */
const maxCodeUnitsEach = 20;

const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
const direction = /\p{Bidi_Control}/u;
/** The last three are blank, though Unicode calls them symbols and letters. */
const visible =
  /[^\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{M}\p{Z}\p{Cf}\u2800\u{13441}\u{13442}]/u;

/**
 * What is wrong with a value as a name or another short text in one line, "must …"; undefined if nothing is. It has 1 to
 * `maxCharacters` characters as users count them, at least one of which can be seen, no line breaks or control
 * characters, and none that change the direction of the text around it.
 */
export function plainTextFault(value: unknown, maxCharacters: number): string | undefined {
  const tooLong = `must be 1 to ${maxCharacters} characters`;
  if (typeof value !== 'string' || value === '') return tooLong;
  if (value.length > maxCharacters * maxCodeUnitsEach) {
    return `${tooLong}, and at most ${maxCharacters * maxCodeUnitsEach} UTF-16 code units`;
  }
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  if (control.test(value)) return 'must not contain control characters or line breaks';
  if (direction.test(value)) {
    return 'must not contain characters that change the direction of text, such as U+202E';
  }
  if (!visible.test(value)) return 'must contain a visible character';
  return [...graphemes.segment(value)].length > maxCharacters ? tooLong : undefined;
}

/**
 * A property without a {@link plainTextFault}.
 *
 * @param hint is said after what is wrong
 */
export const IsPlainText = (maxCharacters: number, hint = ''): PropertyDecorator =>
  ValidateBy({
    name: 'isPlainText',
    validator: {
      validate: (value) => plainTextFault(value, maxCharacters) === undefined,
      defaultMessage: (checked) => `$property ${plainTextFault(checked?.value, maxCharacters)}${hint}`,
    },
  });
