import { describe, expect, it } from 'vitest';
import { isNothingWord } from './nothing-words.js';

describe('isNothingWord', () => {
  it.each(
    [
      ['', ' ', '　', '\u200b'],
      ['NULL', 'null', 'Null', String.raw`\N`, '(null)', '<NULL>', '[null]', '{null}', '"null"', "'NULL'"],
      [
        'ＮＵＬＬ',
        ' null ',
        '（空）',
        '【无】',
        '<nil>',
        'nil',
        'None',
        'undefined',
        'DBNull',
        'System.DBNull',
      ],
      ['NaN', 'nan', '-nan', 'NaT', 'NA', '<NA>', 'N/A', 'n / a', '#N/A', '#N/A N/A', '#NA', '-1.#IND'],
      ['-', '--', '—', '－', '−', '()', '""', '0', '(blank)', '(not set)', '(空白)'],
      ['空', '无', '無', '暂无', '未知', '未绑定'],
      ['00000000-0000-0000-0000-000000000000', '0000-00-00', '0000-00-00 00:00:00', '0001-01-01T00:00:00Z'],
    ].flat(),
  )('takes %j for nothing', (text) => {
    expect(isNothingWord(text)).toBe(true);
  });

  it.each(
    [
      ['oU1b2C3d4E5f6G7h8I9j0K1l2M3n', 'uA', 'null-1', 'nullable', 'nobody', 'nova', 'o-', '-1', '00', '10'],
      ['小明', '空空', '无名', 'blank', 'Empty', '-_-', '0.0', '.', '。', '(null', '13800138000'],
      ['1970-01-01', '0000-00-01', 'n'.repeat(128), '-'.repeat(128)],
    ].flat(),
  )('takes %j for something', (text) => {
    expect(isNothingWord(text)).toBe(false);
  });
});
