import { describe, expect, it } from 'vitest';
import { plainTextFault } from './plain-text.js';

describe('plainTextFault', () => {
  it.each(['小明', 'नमस्ते', 'می‌خواهم', 'שלום', '👨‍👩‍👧‍👦', '🇨🇳', '1️⃣', 'e\u0301', '…', 'ㅤa', '\ue001'])(
    'finds none in %j',
    (text) => {
      expect(plainTextFault(text, 8)).toBeUndefined();
    },
  );

  it.each([
    '\u200b',
    '\u3164',
    '\u115f',
    '\uffa0',
    '\u200d',
    '\u00ad',
    '\u2060',
    '\ufeff',
    '\u180e',
    '\u034f',
  ])('sees nothing in %j', (text) => {
    expect(plainTextFault(text, 8)).toBe('must contain a visible character');
  });

  it.each([
    '\u0301',
    '\u20dd',
    '\ufe0f',
    '\u2800',
    '\u3000 \u00a0',
    '\u{e0061}',
    '\ufff9',
    '\uffff',
    '\u{13441}',
  ])('sees nothing in %j, either', (text) => {
    expect(plainTextFault(text, 8)).toBe('must contain a visible character');
  });

  it.each([
    '\u061c',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202b',
    '\u202c',
    '\u202d',
    '\u202e',
    '\u2066',
    '\u2069',
  ])('lets no direction change by %j', (text) => {
    expect(plainTextFault(`a${text}b`, 8)).toMatch(/^must not contain characters that change the direction/);
  });

  it.each(['\u0000', '\t', '\n', '\u007f', '\u0085', '\u2028', '\u2029'])('takes no %j', (text) => {
    expect(plainTextFault(`a${text}b`, 8)).toBe('must not contain control characters or line breaks');
  });

  it('counts characters as people do', () => {
    expect(plainTextFault('👩🏻‍❤️‍💋‍👩🏿'.repeat(8), 8)).toBeUndefined();
    expect(plainTextFault('👩🏻‍❤️‍💋‍👩🏿'.repeat(9), 8)).toBe('must be 1 to 8 characters');
    expect(plainTextFault('', 8)).toBe('must be 1 to 8 characters');
    expect(plainTextFault('x'.repeat(9), 8)).toBe('must be 1 to 8 characters');
  });

  it.each([
    ['one character of a thousand accents', `a${'\u0301'.repeat(1_000)}`],
    ['a million accents', '\u0301'.repeat(1_000_000)],
  ])('does not even count %s', (_, text) => {
    expect(plainTextFault(text, 8)).toBe('must be 1 to 8 characters, and at most 160 UTF-16 code units');
  });
});
