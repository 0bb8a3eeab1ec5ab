import { ControlError } from '../control/control-input.js';
import { isJsonObject } from '../json.js';

const verdicts = ['risky', 'review'] as const;

/** What `label` says of a text in which WeChat finds nothing, and of one that fits none of its other labels. */
export const normalLabel = 100;
const otherLabel = 21_000;

/** A word that the content check takes offence at. */
export interface ContentWord {
  word: string;
  suggest: (typeof verdicts)[number];
  /** One of WeChat's numbers, as 20003 for abuse. */
  label: number;
}

export const defaultContentWords: readonly ContentWord[] = [
  { word: '违禁词', suggest: 'risky', label: otherLabel },
  { word: '可疑词', suggest: 'review', label: otherLabel },
];

/** Checks words that came as JSON; left out, `suggest` is risky and `label` 21000, "other". */
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
