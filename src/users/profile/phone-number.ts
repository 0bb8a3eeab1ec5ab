import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * A phone number as E.164, `+8613800138000`; undefined if the text is no number that could exist.
 *
 * A text without plus or 00 counts as a number of mainland China only if China's numbering plan has it; a landline only
 * with its 0, as it is written in China. Otherwise it may be a foreign number that has lost its plus.
 */
export function toE164(text: string): string | undefined {
  // Phones copy numbers with invisible direction marks around them.
  const plain = text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim();
  // Without `extract` the text is a number or it is not: the parser would find one anywhere in it.
  const phone = parsePhoneNumberFromString(plain, { defaultCountry: 'CN', extract: false });
  if (phone === undefined || phone.ext !== undefined) return undefined;
  if (plain.startsWith('+')) return phone.isPossible() ? phone.number : undefined;
  const lacksZero = phone.getType() === 'FIXED_LINE' && /^[1-9]/.test(plain) && !plain.startsWith('86');
  return phone.isValid() && !lacksZero ? phone.number : undefined;
}
