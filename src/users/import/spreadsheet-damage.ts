const remedy = 'the spreadsheet changed it, so format the column as text and export it again';

/** What Excel, WPS and LibreOffice write for a value that they cannot compute or show. */
const spreadsheetError =
  /^(?:#(?:REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|GETTING_DATA|#+)|Err:5\d\d)$/i;

/** `1.38E+10` as spreadsheets write it, `1.38E10` as Java does. `2E10` may be an id. */
const scientificNotation = /^[-+]?\d+(?:[.,]\d+E[-+]?|E[-+])\d+$/i;

const month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)';
/** What spreadsheets make of `1-2` or `MAR1`. */
const spreadsheetDate = new RegExp(
  String.raw`^(?:\d{1,2}-${month}(?:-\d{2,4})?|${month}-\d{2,4}|(?:\d{4}年)?\d{1,2}月(?:\d{1,2}日)?)$`,
  'i',
);

/** Whether a spreadsheet has replaced the value by an error. */
export function isSpreadsheetError(value: string): boolean {
  return spreadsheetError.test(value);
}

/** How a spreadsheet has changed an id, a number or a time, and what to do; undefined if there is no sign of it. */
export function describeSpreadsheetDamage(value: string): string | undefined {
  if (scientificNotation.test(value)) return `is in scientific notation: ${remedy}`;
  if (/^-?\d+[.,]0+$/.test(value)) return `is a number with decimal places: ${remedy}`;
  if (spreadsheetDate.test(value)) return `is a date without a year or day: ${remedy}`;
  if (/^['’‘]/.test(value)) return 'begins with an apostrophe, which marks text in a spreadsheet: remove it';
  if (value.startsWith('=')) {
    return 'begins with an equals sign, as a formula does: export the values instead';
  }
  return undefined;
}
