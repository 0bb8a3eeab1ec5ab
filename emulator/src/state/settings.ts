import { defaultContentWords, parseContentWords, type ContentWord } from './content-words.js';
import {
  onlyGiven,
  optionalChoice,
  optionalNumber,
  patternedText,
  refuseUnknownFields,
  type ControlInput,
} from '../control/control-input.js';

/** Behaviour of WeChat that varies. A test may need both. */
export interface Settings {
  /**
   * For so many seconds, `wx.login` does not change a session key. WeChat has such an interval, but does not say how
   * long it is. With 0, every login changes the key.
   */
  sessionKeyMinInterval: number;
  /** The content type of the answers under `/wxa/`. WeChat does not document it. */
  wxaContentType: string;
  /** The words that the content check finds. WeChat uses a model for it. */
  contentWords: readonly ContentWord[];
  /**
   * What a repeated message push is: the same request, or a fresh one with a new timestamp, nonce and encryption. WeChat does
   * not document it.
   */
  pushRetry: (typeof pushRetries)[number];
}

const pushRetries = ['same', 'fresh'] as const;

export const defaultSettings: Readonly<Settings> = {
  sessionKeyMinInterval: 0,
  wxaContentType: 'application/json; charset=UTF-8',
  contentWords: defaultContentWords,
  pushRetry: 'same',
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
    pushRetry: optionalChoice(input, 'pushRetry', pushRetries),
  });
}
