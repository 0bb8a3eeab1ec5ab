import { ControlError } from '../control/control-input.js';
import { isJsonObject } from '../json.js';

const verdicts = ['risky', 'review'] as const;

/** WeChat's `label` of a text without a finding, and of a finding without another label. */
export const normalLabel = 100;
const otherLabel = 21_000;

/** A word that the content check finds. */
export interface ContentWord {
  word: string;
  suggest: (typeof verdicts)[number];
  /** A label of WeChat, such as 20003 for abuse. */
  label: number;
}

export const defaultContentWords: readonly ContentWord[] = [
  { word: '违禁词', suggest: 'risky', label: otherLabel },
  { word: '可疑词', suggest: 'review', label: otherLabel },
];

/** Checks words from JSON. By default, `suggest` is risky and `label` is 21000, "other". */
export function parseContentWords(words: unknown): ContentWord[] | undefined {
  if (words === undefined) return undefined;
  if (!Array.isArray(words)) throw invalidWords();
  return words.map(parseContentWord);
}

function parseContentWord(input: unknown): ContentWord {
  const { word, suggest = 'risky', label = otherLabel, ...others } = isJsonObject(input) ? input : {};
  const verdict = verdicts.find((each) => each === suggest);
  if (
    typeof word !== 'string' ||
    word === '' ||
    verdict === undefined ||
    typeof label !== 'number' ||
    Object.keys(others).length > 0
  ) {
    throw invalidWords();
  }
  return { word, suggest: verdict, label };
}

function invalidWords(): ControlError {
  return new ControlError(
    'contentWords must be a list of {word, suggest?, label?}, suggest one of: risky, review; label a number',
  );
}
