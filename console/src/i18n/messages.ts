import { language, type Language } from './language.js';

/** The same texts in each language. A text with values in it is a function. */
export type Messages<Texts> = Record<Language, Texts>;

/** The compiler refuses a text that one language lacks. */
export function defineMessages<Texts>(messages: Messages<Texts>): Messages<Texts> {
  return messages;
}

/** The texts in the language of the console. */
export function useMessages<Texts>(messages: Messages<Texts>): Texts {
  return messages[language.use()];
}
