import { isPlainText } from './plain-text.js';

const longestNickname = 32;

/** Whether a value can be a nickname: 1 to 32 characters, none of them a control character. */
export function isNickname(value: unknown): value is string {
  return isPlainText(value, longestNickname);
}
