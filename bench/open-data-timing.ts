import { createCipheriv, randomBytes, randomInt } from 'node:crypto';
import { percentile } from './harness/statistics.js';
import { decryptOpenData, type OpenDataRules, type EncryptedOpenData } from '../src/wechat/open-data.js';

/*
 * Does the time of a refusal tell why encrypted data did not open? `npm run bench:open-data`, about a minute.
 *
 * All kinds of failure take turns, in an order drawn anew for each round, and are compared with data whose last byte
 * of padding is wrong. Its controls are the same kind of data: no difference up to theirs means anything. "slower" is
 * the share of pairs in which the kind took longer (Mann and Whitney): 0.500 where nothing can be told apart.
 */
const rounds = 10_000;
const warmUp = 2_000;
const variants = 1_024;
const reference = 'padding: last byte wrong';

/** A median further off than this makes the exit code 1. */
const tolerance = 0.03;

const appid = 'wx4f4bc4dec97d474b';
const openid = 'oGZUI0egBJY1zhBYw2KhdUfwVJJE';
const sessionKeys = [randomBytes(16), randomBytes(16), randomBytes(16)];

const payloads = {
  'phone number': { phoneNumber: '13800138000', purePhoneNumber: '13800138000', countryCode: '86' },
  profile: {
    openId: openid,
    nickName: '张三丰',
    gender: 1,
    language: 'zh_CN',
    city: 'Guangzhou',
    province: 'Guangdong',
    country: 'CN',
    avatarUrl: `https://thirdwx.qlogo.cn/mmopen/vi_32/${'x'.repeat(100)}/132`,
    unionId: 'ocMvos6NjeKLIBqg5Mr9QjxrP1FA',
  },
  'steps of 30 days': {
    stepInfoList: Array.from({ length: 30 }, (_, day) => ({
      timestamp: 1_792_000_000 + day * 86_400,
      step: 5_000,
    })),
  },
};

/** Bytes of padding in all data: several can be wrong. */
const padding = 5;

/** Changes what is to be encrypted, padding included. */
type Spoil = (plaintext: Buffer) => unknown;

const leave: Spoil = () => {};

function seal(plaintext: Buffer, spoil: Spoil, key = sessionKeys[0]!): EncryptedOpenData {
  const bytes = Buffer.from(plaintext);
  spoil(bytes);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  const encryptedData = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  return { encryptedData, iv: iv.toString('base64') };
}

/** JSON, blanks up to the padding, and the padding. */
function plaintextOf(payload: object, bytes: number): Buffer {
  const content = Buffer.from(JSON.stringify(payload));
  return Buffer.concat([
    content,
    Buffer.alloc(bytes - padding - content.length, ' '),
    Buffer.alloc(padding, padding),
  ]);
}

/** Data that must not open, by what is wrong with it; as long as each other. */
function kindsOf(payload: object): Record<string, () => EncryptedOpenData> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const whole = { ...payload, watermark: { timestamp, appid } };
  const bytes = Math.ceil((Buffer.byteLength(JSON.stringify(whole)) + padding) / 16) * 16;
  const right = plaintextOf(whole, bytes);
  const foreign = plaintextOf({ ...payload, watermark: { timestamp, appid: 'wxffffffffffffffff' } }, bytes);
  const bare = plaintextOf(payload, bytes);
  const middle = bytes / 2 - ((bytes / 2) % 16);
  const spoilLastByte: Spoil = (spoilt) => spoilt.writeUInt8(randomInt(17, 256), bytes - 1);
  const spoilFirstBrace: Spoil = (spoilt) => spoilt.write('z', 0);
  return {
    [reference]: () => seal(right, spoilLastByte),
    'padding: first byte wrong': () => seal(right, (spoilt) => spoilt.writeUInt8(4, bytes - padding)),
    'padding: zeros': () => seal(right, (spoilt) => spoilt.fill(0, bytes - padding)),
    'control 1': () => seal(right, spoilLastByte),
    'JSON: wrong at its beginning': () => seal(right, spoilFirstBrace),
    'JSON: wrong in its middle': () => seal(right, (spoilt) => spoilt.writeUInt8(0, middle)),
    'JSON: wrong at its end': () => seal(right, (spoilt) => spoilt.write(' ', spoilt.lastIndexOf('}'))),
    'JSON and padding wrong': () =>
      seal(right, (spoilt) => {
        spoilFirstBrace(spoilt);
        spoilLastByte(spoilt);
      }),
    'control 2': () => seal(right, spoilLastByte),
    'UTF-8 wrong': () => seal(right, (spoilt) => spoilt.writeUInt8(0xff, middle)),
    'a block of garbage': () => seal(right, (spoilt) => randomBytes(16).copy(spoilt, middle)),
    'another session_key': () => seal(right, leave, randomBytes(16)),
    'another appid': () => seal(foreign, leave),
    'no watermark': () => seal(bare, leave),
    'control 3': () => seal(right, spoilLastByte),
  };
}

/** Microseconds until it is refused. */
function refuse(sealed: EncryptedOpenData, rules: OpenDataRules): number {
  const begin = process.hrtime.bigint();
  try {
    decryptOpenData(sealed, rules);
  } catch {
    return Number(process.hrtime.bigint() - begin) / 1_000;
  }
  throw new Error('What was to be refused has opened.');
}

/** The times of each kind, sorted. */
function measure(payload: object, rules: OpenDataRules): Map<string, Float64Array> {
  const series = Object.entries(kindsOf(payload)).map(([name, make]) => ({
    name,
    sealed: Array.from({ length: variants }, make),
    times: new Float64Array(rounds),
  }));
  for (let round = -warmUp; round < rounds; round += 1) {
    const turns = series
      .map((each) => ({ ...each, turn: Math.random() }))
      .toSorted((a, b) => a.turn - b.turn);
    for (const { sealed, times } of turns) {
      const time = refuse(sealed[randomInt(variants)]!, rules);
      if (round >= 0) times[round] = time;
    }
  }
  return new Map(series.map(({ name, times }) => [name, times.toSorted()]));
}

/** The share of pairs in which one of `these` is longer than one of `those`, half of the ties included. */
function shareSlower(these: Float64Array, those: Float64Array): number {
  let [below, notAbove, wins] = [0, 0, 0];
  for (const each of these) {
    while (below < those.length && those[below]! < each) below += 1;
    while (notAbove < those.length && those[notAbove]! <= each) notAbove += 1;
    wins += (below + notAbove) / 2;
  }
  return wins / (these.length * those.length);
}

const furthest = { controls: 0, kinds: 0 };
for (const [name, payload] of Object.entries(payloads)) {
  for (const count of [1, 3]) {
    const keys = sessionKeys.slice(0, count).map((key) => key.toString('base64'));
    const results = measure(payload, { sessionKeys: keys, appid, openid, maxAge: 600 });
    const base = results.get(reference)!;
    console.log(`\n${`${name}, session_keys: ${count}`.padEnd(36)}median µs   ratio  slower`);
    for (const [kind, times] of results) {
      const median = percentile(times, 0.5);
      const ratio = median / percentile(base, 0.5);
      const group = kind.startsWith('control') ? 'controls' : 'kinds';
      furthest[group] = Math.max(furthest[group], Math.abs(ratio - 1));
      const figures = [
        median.toFixed(2).padStart(9),
        ratio.toFixed(3).padStart(8),
        shareSlower(times, base).toFixed(3).padStart(8),
      ];
      console.log(kind.padEnd(36) + figures.join(''));
    }
  }
}
const percent = (ratio: number) => `${(ratio * 100).toFixed(1)} %`;
console.log(
  `\nMedians are off by ${percent(furthest.kinds)} at most, the controls' by ${percent(furthest.controls)}; tolerated: ${percent(tolerance)}.`,
);
if (furthest.kinds > tolerance) process.exitCode = 1;
