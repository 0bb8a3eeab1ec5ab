import { createPreference } from '../preferences/preference.js';

const languages = ['zh', 'en'] as const;

export type Language = (typeof languages)[number];

/** The language of the console; at first the one of the browser. */
export const language = createPreference<Language>(
  'language',
  languages,
  preferredLanguage(navigator.languages),
);

/** @param tags the languages of a browser, the most wanted first */
export function preferredLanguage(tags: readonly string[]): Language {
  const known = tags.map((tag) => tag.split('-', 1)[0]!.toLowerCase());
  return known.find((tag) => tag === 'zh' || tag === 'en') === 'zh' ? 'zh' : 'en';
}

/** For `lang` of the page and for `Intl`. */
export const localeOf: Record<Language, string> = { zh: 'zh-CN', en: 'en' };
