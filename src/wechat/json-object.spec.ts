import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject } from './json-object.js';

/** The same question, put to JSON.parse. */
function parsesToObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function agreesOn(text: string): boolean {
  return isJsonObject(Buffer.from(text)) === parsesToObject(text);
}

describe('isJsonObject', () => {
  it.each([
    '{}',
    ' \t\r\n{ \t\r\n} \t\r\n',
    '{"a":[]}',
    '{"a":[ ],"b":{ }}',
    '{"a" : 1 , "b" : [ 1 , 2 ] }',
    '{"a":[1,"2",true,false,null,{"b":[[]]}]}',
    '{"a":0,"b":-0,"c":10,"d":-1.5,"e":0.25e10,"f":1E+2,"g":1e-2}',
    String.raw`{"\"\\\/\b\f\n\r\t\u00e9\uD800":"\"\\\/\b\f\n\r\t\u00E9"}`,
    '{"a":1,"a":2}',
    '{"":""}',
    '{"__proto__":{}}',
    '{"昵称":"张三丰🥷"}',
  ])('takes %s', (text) => {
    expect(isJsonObject(Buffer.from(text))).toBe(true);
    expect(parsesToObject(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    '{',
    '}',
    '{}}',
    '{}{}',
    '{},',
    '{"a"}',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1,,"b":2}',
    '{"a":1 "b":2}',
    '{"a"::1}',
    '{"a":1:2}',
    '{"a","b":1}',
    '{a:1}',
    '{1:1}',
    "{'a':1}",
    '{"a":[}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1:2]}',
    '{"a":[1}',
    '{"a":[1}]',
    '{"a":{"b":1]}',
    '{"a":01}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":1.e1}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":0x1}',
    '{"a":NaN}',
    '{"a":tru}',
    '{"a":truE}',
    '{"a":nulll}',
    '{"a":fals e}',
    '{"a":"}',
    '{"a":"\n"}',
    '{"a":"\0"}',
    String.raw`{"a":"\x"}`,
    String.raw`{"a":"\u12"}`,
    String.raw`{"a":"\u123g"}`,
    '{"a":1}//',
    '\uFEFF{}',
    '\u00A0{}',
    '\v{}',
    '[]',
    '[{}]',
    '"a"',
    '1',
    'null',
    'true',
  ])('refuses %j', (text) => {
    expect(isJsonObject(Buffer.from(text))).toBe(false);
    expect(parsesToObject(text)).toBe(false);
  });

  it('takes whatever JSON.stringify writes of an object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        expect(isJsonObject(Buffer.from(JSON.stringify(value)))).toBe(true);
        expect(isJsonObject(Buffer.from(JSON.stringify(value, null, '\t')))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('judges changed JSON as JSON.parse does', () => {
    const piece = fc.oneof(
      fc.constantFrom(...' \n{}[]:,"\\/+-.019eEtfnuab', 'true', 'null', '\\u', '""', '1e5', '{"a":1}'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(2), piece), { minLength: 1, maxLength: 3 }),
        (value, changes) => {
          let text = JSON.stringify(value);
          for (const [at, length, inserted] of changes) {
            const index = at % (text.length + 1);
            text = text.slice(0, index) + inserted + text.slice(index + length);
          }
          expect(agreesOn(text)).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it.each([
    [99, true],
    [100, false],
    [50_000, false],
  ])('with %i levels in the object: %s', (levels, isTaken) => {
    const text = `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(isJsonObject(Buffer.from(text))).toBe(isTaken);
    expect(isJsonObject(Buffer.from(text.replace(']', '}')))).toBe(false);
  });
});
