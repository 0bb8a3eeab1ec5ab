import { defaultContentWords, parseContentWords, type ContentWord } from './content-words.js';
import {
  onlyGiven,
  optionalNumber,
  patternedText,
  refuseUnknownFields,
  type ControlInput,
} from '../control/control-input.js';

/** What WeChat does one way or another, and a test may want both. */
export interface Settings {
  /**
   * Seconds for which `wx.login` leaves a session key as it is. WeChat has such an interval and does not tell how
   * long it is; 0: every login changes the key.
   */
  sessionKeyMinInterval: number;
  /** The content type of the answers under `/wxa/`, of which WeChat's pages say nothing. */
  wxaContentType: string;
  /** What the content check takes offence at; in WeChat a model that nobody can look up. */
  contentWords: readonly ContentWord[];
}

export const defaultSettings: Readonly<Settings> = {
  sessionKeyMinInterval: 0,
  wxaContentType: 'application/json; charset=UTF-8',
  contentWords: defaultContentWords,
};

export function parseSettings(input: ControlInput): Partial<Settings> {
  refuseUnknownFields(input, Object.keys(defaultSettings));
  return onlyGiven({
    sessionKeyMinInterval: optionalNumber(input, 'sessionKeyMinInterval', 0, 1e9),
    wxaContentType: patternedText(
      input,
      'wxaContentType',
      /^[\w.+-]+\/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)?$/,
      'a content type, as in text/plain',
    ),
    contentWords: parseContentWords(input['contentWords']),
  });
}
