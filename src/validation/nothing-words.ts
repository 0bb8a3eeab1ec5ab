/** In lower case and half width, without white space and without brackets or quotes around them. */
const nothingWords = words(String.raw`
  null \n dbnull dbnull.value system.dbnull
  undefined undef none nil nullptr nothing false na nan -nan nat 1.#ind -1.#ind 1.#qnan -1.#qnan
  n/a n.a. #n/a #n/an/a #na unknown missing
  空 空值 无 無 暂无 暫無 没有 沒有 无数据 未知 不详 不詳 未填 未填写 未设置 未绑定 未授权
  0 00000000-0000-0000-0000-000000000000 00000000000000000000000000000000
  0000-00-00 0000-00-0000:00:00 0001-01-01 0001-01-0100:00:00 0001-01-01t00:00:00z`);

/** Words that stand for nothing only in brackets: by themselves they could be somebody's name. */
const bracketedWords = words('blank empty notset 空白');

/** Longer than every word in its widest spelling. */
const maxLength = 80;

/**
 * Whether a text is empty or a word for "no value": what databases, spreadsheets and languages print if a value is
 * missing (`NULL`, `\N`, `nil`, `None`, `NaN`, `#N/A`, `(null)`, `-`, `空`). Zero as an id, the nil UUID, and the first
 * date of MySQL, Go and .NET are such words, too. Case, full width, white space, brackets and quotes do not matter. The
 * list contains what pandas reads as missing:
 * https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html (`na_values`).
 */
export function isNothingWord(text: string): boolean {
  if (text.length > maxLength) return false;
  const word = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\p{Default_Ignorable_Code_Point}]/gu, '');
  const [, inner] = /^[("'`<[{«“‘「【]+(.*?)[)"'`>\]}»”’」】]+$/u.exec(word) ?? [];
  return isListed(word) || (inner !== undefined && (isListed(inner) || bracketedWords.has(inner)));
}

function isListed(word: string): boolean {
  return nothingWords.has(word) || /^[\p{Dash_Punctuation}−]*$/u.test(word);
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
