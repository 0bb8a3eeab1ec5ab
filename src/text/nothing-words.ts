/**
 * What databases, spreadsheets and programming languages print where there is no value: `null` (SQL, JSON, Java, C#),
 * `nil` (Go, Ruby, Lua), `None` (Python), `undefined` (JavaScript), `NaN`, `NaT` and `<NA>` (pandas), `NA` (R), `\N`
 * (MySQL, Hive and Postgres COPY), `#N/A` and `#NULL!` (Excel), and what people write by hand. Lower case.
 */
const nothingWords: ReadonlySet<string> = new Set([
  '',
  'null',
  '(null)',
  '<null>',
  '[null]',
  '{null}',
  'dbnull',
  'nullptr',
  'nil',
  '<nil>',
  '(nil)',
  'none',
  '<none>',
  '(none)',
  'undefined',
  '(undefined)',
  'undef',
  'empty',
  '(empty)',
  '<empty>',
  'blank',
  '(blank)',
  'missing',
  'unknown',
  'n/a',
  'n.a.',
  'na',
  '<na>',
  '#n/a',
  '#na',
  '#null!',
  '#value!',
  '#ref!',
  '#name?',
  '#div/0!',
  '#num!',
  '#error!',
  'nan',
  '-nan',
  'nat',
  String.raw`\n`,
  'false',
  '[]',
  '{}',
  '""',
  "''",
  '?',
  '空',
  '无',
  '無',
]);

/** Strokes, dots and zeros alone: `-`, `--`, `—`, `.`, `0`, `0.0`, the empty UUID, and MySQL's `0000-00-00 00:00:00`. */
const strokesAndZeros = /^[-‐‑‒–—―−_~.…·*/\\0]+(?:[ t][0:.]+z?)?$/u;

/**
 * Whether a text stands for "no value", in any case, in full-width letters too, whatever blanks or quotes are around
 * it. An openid, a unionid, a phone number or a date never looks like that.
 */
export function isNothingWord(text: string): boolean {
  const word = text
    .normalize('NFKC')
    .replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, '')
    .replace(/^(["'`])(.*)\1$/su, '$2')
    .trim()
    .toLowerCase();
  return nothingWords.has(word) || strokesAndZeros.test(word);
}
