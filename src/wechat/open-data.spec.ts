import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../errors/service.error.js';
import { decryptOpenData, type OpenDataRules, type EncryptedOpenData, withoutIdentity } from './open-data.js';

/** The vector of WeChat's own demo (WXBizDataCrypt), as its page and most SDKs have it. */
const official = {
  sessionKey: 'tiihtNczf5v6AKRyjwEUhQ==',
  appid: 'wx4f4bc4dec97d474b',
  openid: 'oGZUI0egBJY1zhBYw2KhdUfwVJJE',
  timestamp: 1_477_314_187,
  sealed: {
    iv: 'r7BXXKkLb8qrSNn05n0qiA==',
    encryptedData:
      'CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==',
  },
  data: {
    openId: 'oGZUI0egBJY1zhBYw2KhdUfwVJJE',
    nickName: 'Band',
    gender: 1,
    language: 'zh_CN',
    city: 'Guangzhou',
    province: 'Guangdong',
    country: 'CN',
    avatarUrl:
      'http://wx.qlogo.cn/mmopen/vi_32/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0',
    unionId: 'ocMvos6NjeKLIBqg5Mr9QjxrP1FA',
    watermark: { timestamp: 1_477_314_187, appid: 'wx4f4bc4dec97d474b' },
  },
} as const;

/** The pair of the page on open data, whose key is another. */
const officialSignature = {
  sessionKey: 'HyVFkGl5F5OQWJZZaNzBBg==',
  rawData:
    '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}',
  signature: '75e81ceda165f4ffa64f4068af58c64b8f54b88c',
} as const;

const newerKey = officialSignature.sessionKey;
const iv = Buffer.from(official.sealed.iv, 'base64');

const rules: OpenDataRules = {
  sessionKeys: [official.sessionKey],
  appid: official.appid,
  openid: official.openid,
  maxAge: 600,
  now: (official.timestamp + 60) * 1_000,
};

const watermark = { appid: official.appid, timestamp: official.timestamp };
const phone = { phoneNumber: '13800138000', purePhoneNumber: '13800138000', countryCode: '86', watermark };

/** What WeChat does to a payload; `padding` in place of the right one. */
function seal(plaintext: string | Buffer, sessionKey: string = official.sessionKey, padding?: Buffer) {
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(sessionKey, 'base64'), iv);
  cipher.setAutoPadding(padding === undefined);
  const bytes = Buffer.concat([Buffer.from(plaintext), padding ?? Buffer.alloc(0)]);
  const encryptedData = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  return { encryptedData, iv: official.sealed.iv };
}

function sealJson(payload: unknown, sessionKey?: string): EncryptedOpenData {
  return seal(JSON.stringify(payload), sessionKey);
}

/** The data, or the code of the error. */
function outcome(sealed: EncryptedOpenData, overrides: Partial<OpenDataRules> = {}): unknown {
  try {
    return decryptOpenData(sealed, { ...rules, ...overrides });
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

function flip(base64: string, byte: number, mask = 1): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[byte]! ^= mask;
  return bytes.toString('base64');
}

describe('decryptOpenData', () => {
  describe('with the official vectors', () => {
    it('opens the data of the demo', () => {
      expect(outcome(official.sealed)).toEqual(official.data);
    });

    it('opens it under an older key, too', () => {
      expect(outcome(official.sealed, { sessionKeys: [newerKey, official.sessionKey] })).toEqual(
        official.data,
      );
    });

    it('does not open it under another key', () => {
      expect(outcome(official.sealed, { sessionKeys: [newerKey] })).toBe('session_key_stale');
    });

    it('does not open it for another app', () => {
      expect(outcome(official.sealed, { appid: 'wxffffffffffffffff' })).toBe('session_key_stale');
    });

    it('does not open it where one bit of the iv is flipped, and the padding still right', () => {
      const sealed = { ...official.sealed, iv: 'rrBXXKkLb8qrSNn05n0qiA==' };
      expect(outcome(sealed)).toBe('session_key_stale');
    });

    it('takes the signature of the page on open data', () => {
      const { sessionKey, rawData, signature } = officialSignature;
      const sealed = { ...sealJson(official.data, sessionKey), rawData, signature };
      expect(outcome(sealed, { sessionKeys: [sessionKey] })).toEqual(official.data);
    });
  });

  describe('opens', () => {
    it.each([
      ['a phone number', phone],
      ['a profile in Chinese', { nickName: '张三丰🥷', watermark }],
      ['steps', { stepInfoList: [{ timestamp: 1_445_866_601, step: 100 }], watermark }],
      [
        'a watermark in the other order',
        { openGId: 't', watermark: { timestamp: official.timestamp, appid: official.appid } },
      ],
    ])('%s', (_, payload) => {
      expect(outcome(sealJson(payload))).toEqual(payload);
    });

    it('a payload of any length, with every length of padding', () => {
      for (let length = 0; length < 33; length += 1) {
        const payload = { text: 'x'.repeat(length), watermark };
        expect(outcome(sealJson(payload))).toEqual(payload);
      }
    });

    it('a megabyte', () => {
      const payload = { text: '中'.repeat(350_000), watermark };
      expect(outcome(sealJson(payload))).toEqual(payload);
    });

    it('base64 with white space in it', () => {
      const { encryptedData } = official.sealed;
      const sealed = {
        encryptedData: ` ${encryptedData.replaceAll(/.{76}/g, '$&\r\n')}\t`,
        iv: `${official.sealed.iv}\n`,
      };
      expect(outcome(sealed)).toEqual(official.data);
    });

    it('the last of two members of one name, which is the one it judges', () => {
      const twice = (first: string, last: string) =>
        `{"openId":"${first}","openId":"${last}","watermark":${JSON.stringify(watermark)}}`;
      expect(outcome(seal(twice('o-other', official.openid)))).toMatchObject({ openId: official.openid });
      expect(outcome(seal(twice(official.openid, 'o-other')))).toBe('open_data_invalid');
    });

    it('a member named __proto__ as a member like others', () => {
      const text = `{"__proto__":{"openId":"o-other"},"watermark":${JSON.stringify(watermark)}}`;
      const data = decryptOpenData(seal(text), rules);
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(JSON.stringify(data)).toBe(text);
      expect(JSON.stringify(withoutIdentity(data))).toBe(text);
    });
  });

  describe('calls malformed, before it opens anything,', () => {
    const valid = official.sealed;
    const { rawData, signature } = officialSignature;

    it.each<[string, Partial<EncryptedOpenData>]>([
      ['empty data', { encryptedData: '' }],
      ['white space', { encryptedData: ' \n' }],
      ['no base64', { encryptedData: '*'.repeat(32) }],
      ['base64 for URLs', { encryptedData: valid.encryptedData.replaceAll('/', '_') }],
      ['base64 without its end', { iv: valid.iv.slice(0, -1) }],
      ['base64 with something behind', { encryptedData: `${valid.encryptedData}!` }],
      ['base64 with bits beside the bytes', { iv: valid.iv.replace('A==', 'B==') }],
      ['a blank that was a plus', { encryptedData: valid.encryptedData.replace('+', ' ') }],
      ['an iv without base64', { iv: 'ä'.repeat(24) }],
      ['rawData without a signature', { rawData }],
      ['a signature without rawData', { signature }],
    ])('%s', (_, change) => {
      for (const sessionKeys of [[official.sessionKey], [newerKey], []]) {
        expect(outcome({ ...valid, ...change }, { sessionKeys })).toBe('open_data_invalid');
      }
    });

    it('an iv of any other length', () => {
      for (let length = 0; length <= 48; length += 1) {
        const sealed = { ...valid, iv: randomBytes(length).toString('base64') };
        expect(outcome(sealed)).toBe(length === 16 ? 'session_key_stale' : 'open_data_invalid');
      }
    });

    it('data cut within a block', () => {
      const bytes = Buffer.from(valid.encryptedData, 'base64');
      for (let length = 0; length < bytes.length; length += 1) {
        const encryptedData = bytes.subarray(0, length).toString('base64');
        const cutAtBlock = length > 0 && length % 16 === 0;
        expect(outcome({ ...valid, encryptedData })).toBe(
          cutAtBlock ? 'session_key_stale' : 'open_data_invalid',
        );
      }
    });
  });

  describe('calls stale', () => {
    it('everything where there is no key', () => {
      expect(outcome(official.sealed, { sessionKeys: [] })).toBe('session_key_stale');
    });

    it.each([
      ['empty', ''],
      ['not base64', 'not base64 of 16 bytes!!'],
      ['15 bytes', Buffer.alloc(15).toString('base64')],
      ['24 bytes', Buffer.alloc(24).toString('base64')],
    ])('a key that is %s, and opens with the next one', (_, sessionKey) => {
      expect(outcome(official.sealed, { sessionKeys: [sessionKey] })).toBe('session_key_stale');
      expect(outcome(official.sealed, { sessionKeys: [sessionKey, official.sessionKey] })).toEqual(
        official.data,
      );
    });

    it('another megabyte', () => {
      const sealed = { ...official.sealed, encryptedData: randomBytes(1_048_576).toString('base64') };
      expect(outcome(sealed)).toBe('session_key_stale');
    });

    it('one bit flipped, in whichever block', () => {
      const blocks = Buffer.from(official.sealed.encryptedData, 'base64').length / 16;
      for (let block = 0; block < blocks; block += 1) {
        const encryptedData = flip(official.sealed.encryptedData, block * 16 + (block % 16));
        expect(outcome({ ...official.sealed, encryptedData })).toBe('session_key_stale');
      }
    });

    it('every padding but the right one', () => {
      const text = JSON.stringify(phone).padEnd(155);
      expect(outcome(seal(text, official.sessionKey, Buffer.alloc(5, 5)))).toEqual(phone);
      const lastByteWrong = Array.from({ length: 256 }, (_, last) => Buffer.of(5, 5, 5, 5, last)).toSpliced(
        5,
        1,
      );
      const oneByteWrong = Array.from({ length: 5 }, (_, at) => Buffer.alloc(5, 5).fill(4, at, at + 1));
      for (const padding of [...lastByteWrong, ...oneByteWrong]) {
        expect(outcome(seal(text, official.sessionKey, padding))).toBe('session_key_stale');
      }
    });

    it('a padding of what JSON ignores, of zeros, of 17 and more, and none', () => {
      const text = JSON.stringify(phone).padEnd(160);
      for (const padding of [
        Buffer.alloc(0),
        Buffer.alloc(16),
        Buffer.alloc(16, ' '),
        Buffer.from(`${' '.repeat(15)}\n`),
        Buffer.from(`${' '.repeat(8)}${'\t'.repeat(8)}`),
        Buffer.alloc(32, 17),
        Buffer.alloc(32, 32),
      ]) {
        expect(outcome(seal(text, official.sessionKey, padding))).toBe('session_key_stale');
      }
    });

    it.each([
      ['nothing', ''],
      ['no JSON', `x${JSON.stringify(phone)}`],
      ['cut JSON', JSON.stringify(phone).slice(0, -1)],
      ['a byte order mark', `\uFEFF${JSON.stringify(phone)}`],
      ['an array', JSON.stringify([phone])],
      ['a text', JSON.stringify(official.appid)],
      ['a number', '1'],
      ['null', 'null'],
      ['no watermark', JSON.stringify({ appid: official.appid })],
      ['a watermark that is null', '{"watermark":null}'],
      ['a watermark that is a text', JSON.stringify({ watermark: official.appid })],
      ['a watermark that is a list', JSON.stringify({ watermark: [official.appid] })],
      ['a watermark without appid', JSON.stringify({ watermark: { name: official.appid } })],
      ['a list of appids', JSON.stringify({ watermark: { appid: [official.appid] } })],
      ['a longer appid', JSON.stringify({ watermark: { appid: `${official.appid}0` } })],
      ['an appid in capitals', JSON.stringify({ watermark: { appid: official.appid.toUpperCase() } })],
      ['a watermark of the prototype', `{"__proto__":{"watermark":${JSON.stringify(watermark)}}}`],
      ['an appid of the prototype', `{"watermark":{"__proto__":${JSON.stringify(watermark)}}}`],
    ])('%s', (_, text) => {
      expect(outcome(seal(text))).toBe('session_key_stale');
    });

    it('text that is not UTF-8', () => {
      for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe4, 0xbd]]) {
        const [before, after] = JSON.stringify({ nickName: '|', watermark }).split('|');
        const text = Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(after!)]);
        expect(outcome(seal(text))).toBe('session_key_stale');
      }
    });

    it('what does not open, whatever else is wrong with it', () => {
      const sealed = { ...official.sealed, rawData: '{}', signature: 'wrong' };
      const other = { sessionKeys: [newerKey], openid: 'o-other', now: rules.now! + 86_400_000 };
      expect(outcome(sealed, other)).toBe('session_key_stale');
    });
  });

  describe('calls invalid, once opened,', () => {
    it('what is older than it may be', () => {
      const at = (seconds: number) => ({ now: (official.timestamp + seconds) * 1_000 });
      expect(outcome(official.sealed, at(600))).toEqual(official.data);
      expect(outcome(official.sealed, at(601))).toBe('open_data_invalid');
      expect(outcome(official.sealed, { ...at(601), maxAge: 0 })).toEqual(official.data);
    });

    it('nothing because it comes from the future', () => {
      expect(outcome(official.sealed, { now: 0 })).toEqual(official.data);
    });

    it('what does not say how old it is, where that matters', () => {
      for (const timestamp of [undefined, null, '1477314187', 1_477_314_187.5, [], true]) {
        const sealed = sealJson({ watermark: { appid: official.appid, timestamp } });
        expect(outcome(sealed)).toBe('open_data_invalid');
        expect(outcome(sealed, { maxAge: 0 })).toHaveProperty('watermark');
      }
      const endless = seal(`{"watermark":{"appid":"${official.appid}","timestamp":1e999}}`);
      expect(outcome(endless)).toBe('open_data_invalid');
    });

    it('what is another person’s', () => {
      expect(outcome(official.sealed, { openid: 'o-other' })).toBe('open_data_invalid');
      for (const openId of ['', null, [official.openid], official.openid.toLowerCase()]) {
        expect(outcome(sealJson({ openId, watermark }))).toBe('open_data_invalid');
      }
    });

    it('a signature that is not over these very bytes, or not under the key that opened the data', () => {
      const { sessionKey, rawData, signature } = officialSignature;
      const sealed = sealJson(official.data, sessionKey);
      const both = { sessionKeys: [sessionKey, official.sessionKey] };
      expect(outcome({ ...sealed, rawData, signature }, both)).toEqual(official.data);
      for (const change of [
        { rawData: `${rawData} `, signature },
        { rawData: JSON.stringify(JSON.parse(rawData), null, 1), signature },
        { rawData: '', signature },
        { rawData, signature: '' },
        { rawData, signature: signature.slice(0, -1) },
        { rawData, signature: signature.toUpperCase() },
        { rawData, signature: `${signature.slice(0, -1)}d` },
      ]) {
        expect(outcome({ ...sealed, ...change }, both)).toBe('open_data_invalid');
      }
      expect(outcome({ ...official.sealed, rawData, signature }, both)).toBe('open_data_invalid');
    });

    it('no signature over Chinese and emoji', () => {
      const rawData = '{"nickName":"张三丰🥷"}';
      const signature = createHash('sha1').update(`${rawData}${official.sessionKey}`, 'utf8').digest('hex');
      expect(outcome({ ...official.sealed, rawData, signature })).toEqual(official.data);
    });
  });

  it('says the same of all that does not open, and of all that is invalid', () => {
    const messageOf = (sealed: EncryptedOpenData, overrides: Partial<OpenDataRules> = {}) => {
      try {
        return decryptOpenData(sealed, { ...rules, ...overrides });
      } catch (error) {
        return JSON.stringify([
          (error as Error).message,
          (error as Error).cause,
          Object.keys(error as Error),
        ]);
      }
    };
    const stale = [
      messageOf(official.sealed, { sessionKeys: [] }),
      messageOf(official.sealed, { sessionKeys: [newerKey] }),
      messageOf(seal('no JSON')),
      messageOf(seal('{}')),
    ];
    const invalid = [
      messageOf({ ...official.sealed, iv: '' }),
      messageOf(official.sealed, { openid: 'o-other' }),
      messageOf(official.sealed, { now: Date.now() }),
      messageOf({ ...official.sealed, rawData: '', signature: '' }),
    ];
    expect(new Set(stale).size).toBe(1);
    expect(new Set(invalid).size).toBe(1);
  });

  it('agrees with an independent decryption on ten thousand mutated ciphertexts', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(mutated, fc.constantFrom(...keyRings), ({ sealed, now }, sessionKeys) => {
        const expected = judge(sealed, { ...rules, sessionKeys, now });
        expect(outcome(sealed, { sessionKeys, now })).toEqual(expected);
        const kind = typeof expected === 'string' ? expected : 'opened';
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      { numRuns: 10_000 },
    );
    for (const kind of ['opened', 'session_key_stale', 'open_data_invalid']) {
      expect(seen.get(kind)).toBeGreaterThan(300);
    }
  });
});

describe('withoutIdentity', () => {
  it('takes openid and unionid away, and nothing else', () => {
    const { openId: _openId, unionId: _unionId, ...rest } = official.data;
    expect(withoutIdentity(official.data)).toEqual(rest);
    expect(withoutIdentity(phone)).toEqual(phone);
    expect(official.data).toHaveProperty('openId');
  });
});

const thirdKey = Buffer.alloc(16, 3).toString('base64');
const keyRings = [
  [official.sessionKey],
  [newerKey, official.sessionKey],
  [official.sessionKey, newerKey, thirdKey],
  [thirdKey, official.sessionKey],
  [thirdKey],
  [],
];

/** What WeChat might have encrypted, and what it never would. */
const plaintexts = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(official.data, phone, { nickName: '张三丰🥷', watermark }),
  },
  fc.record({ openId: fc.constantFrom(official.openid, 'o-other'), watermark: fc.constant(watermark) }),
  fc.record({
    text: fc.string({ unit: 'binary' }),
    watermark: fc.record({
      appid: fc.constantFrom(official.appid, 'wxffffffffffffffff'),
      timestamp: fc.oneof(fc.integer(), fc.constant(official.timestamp), fc.jsonValue({ maxDepth: 1 })),
    }),
  }),
  fc.dictionary(fc.constantFrom('watermark', '__proto__', 'openId'), fc.jsonValue({ maxDepth: 2 })),
  fc.jsonValue({ maxDepth: 2 }),
);

type Change = (sealed: EncryptedOpenData) => EncryptedOpenData;

/** A change to the bytes of one field, whatever they are by then. */
function toBytesOf(field: 'encryptedData' | 'iv', change: (bytes: Buffer) => Buffer): Change {
  return (sealed) => ({
    ...sealed,
    [field]: change(Buffer.from(sealed[field], 'base64')).toString('base64'),
  });
}

const field = fc.constantFrom('encryptedData' as const, 'iv' as const);
const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(field, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([of, at, mask]) =>
    toBytesOf(of, (bytes) => {
      if (bytes.length > 0) bytes[at % bytes.length]! ^= mask;
      return bytes;
    }),
  ),
  // The byte that a padding oracle asks about.
  fc.integer({ min: 1, max: 255 }).map((mask) =>
    toBytesOf('encryptedData', (bytes) => {
      if (bytes.length > 16) bytes[bytes.length - 17]! ^= mask;
      return bytes;
    }),
  ),
  fc
    .tuple(field, fc.nat(), fc.constantFrom(1, 16))
    .map(([of, length, step]) =>
      toBytesOf(of, (bytes) => bytes.subarray(0, Math.floor((length % (bytes.length + 1)) / step) * step)),
    ),
  fc.tuple(fc.nat(), fc.nat()).map(([from, to]) =>
    toBytesOf('encryptedData', (bytes) => {
      const blocks = Math.floor(bytes.length / 16);
      if (blocks > 0) bytes.copy(bytes, (to % blocks) * 16, (from % blocks) * 16, (from % blocks) * 16 + 16);
      return bytes;
    }),
  ),
  fc
    .tuple(field, fc.uint8Array({ minLength: 1, maxLength: 32 }))
    .map(([of, more]) => toBytesOf(of, (bytes) => Buffer.concat([bytes, more]))),
  fc
    .tuple(field, fc.nat(), fc.constantFrom(' ', '\n', '=', '-', '_', '+', 'A', 'é'))
    .map(([of, at, inserted]): Change => (sealed) => {
      const index = at % (sealed[of].length + 1);
      return { ...sealed, [of]: sealed[of].slice(0, index) + inserted + sealed[of].slice(index) };
    }),
  fc
    .record({
      rawData: fc.constantFrom('{}', officialSignature.rawData, undefined),
      signature: fc.constantFrom(
        createHash('sha1').update(`{}${official.sessionKey}`).digest('hex'),
        officialSignature.signature,
        undefined,
      ),
    })
    .map((signed): Change => (sealed) => ({ ...sealed, ...signed })),
);

const mutated = fc
  .record({
    plaintext: plaintexts,
    sessionKey: fc.constantFrom(official.sessionKey, official.sessionKey, newerKey),
    changes: fc.array(changes, { maxLength: 2 }),
    now: fc.constantFrom(rules.now, rules.now! + 3_600_000),
  })
  .map(({ plaintext, sessionKey, changes: all, now }) => ({
    sealed: all.reduce((sealed, change) => change(sealed), sealJson(plaintext, sessionKey)),
    now,
  }));

/** The contract once more, by other means: a pattern for base64, OpenSSL's padding, a fatal decoder, JSON.parse. */
function judge(
  sealed: EncryptedOpenData,
  { sessionKeys, appid, openid, maxAge, now }: OpenDataRules,
): unknown {
  const [encryptedData, vector] = [sealed.encryptedData, sealed.iv].map((text) => text.split(/\s/).join(''));
  const base64 = /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/;
  for (const text of [encryptedData!, vector!]) {
    if (!base64.test(text) || text.includes('_') || btoa(atob(text)) !== text) return 'open_data_invalid';
  }
  const [ciphertext, ivBytes] = [atob(encryptedData!), atob(vector!)];
  if (ciphertext === '' || ciphertext.length % 16 !== 0 || ivBytes.length !== 16) return 'open_data_invalid';
  if ([sealed.rawData, sealed.signature].filter((each) => each === undefined).length === 1) {
    return 'open_data_invalid';
  }
  for (const sessionKey of sessionKeys) {
    let data: { openId?: unknown; watermark?: { appid?: unknown; timestamp?: unknown } };
    try {
      const decipher = createDecipheriv(
        'aes-128-cbc',
        Buffer.from(sessionKey, 'base64'),
        Buffer.from(ivBytes, 'latin1'),
      );
      const plaintext = Buffer.concat([decipher.update(ciphertext, 'latin1'), decipher.final()]);
      data = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext));
    } catch {
      continue;
    }
    if (data?.watermark?.appid !== appid) continue;
    if (sealed.rawData !== undefined) {
      const digest = createHash('sha1').update(`${sealed.rawData}${sessionKey}`, 'utf8').digest('hex');
      if (digest !== sealed.signature) return 'open_data_invalid';
    }
    if ('openId' in data && data.openId !== openid) return 'open_data_invalid';
    const { timestamp } = data.watermark;
    const oldest = now! / 1_000 - maxAge;
    if (!Number.isInteger(timestamp) || (timestamp as number) < oldest) return 'open_data_invalid';
    return data;
  }
  return 'session_key_stale';
}
