import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../errors/service.error.js';
import {
  assertPushSignature,
  decryptPush,
  encryptPush,
  openPush,
  parsePush,
  type PushProof,
  signPush,
} from './message-push.js';

/** The samples of WeChat's page on message push. */
const keys = {
  appid: 'wxba5fad812f8e6fb9',
  token: 'AAAAA',
  encodingAesKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
};
const official = {
  proof: {
    timestamp: '1714112445',
    nonce: '415670741',
    signature: '6c5c811b55cc85e0e1b54100749188c20beb3f5d',
    msgSignature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
  },
  encrypted:
    '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=',
  random: 'a8eedb185eb2fecf',
  message:
    '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}',
};
const officialReply = {
  timestamp: '1713424427',
  nonce: '415670741',
  random: '707722b803182950',
  message: '{"demo_resp":"good luck"}',
  encrypted: 'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==',
  msgSignature: '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1',
};
const now = Number(official.proof.timestamp) * 1_000;

/** The code of the error that a call throws. */
function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

/** A message with a valid `msg_signature`. */
function signed(encrypted: string, fields: object = {}): [object, PushProof] {
  const { timestamp, nonce } = official.proof;
  const msgSignature = signPush(keys.token, timestamp, nonce, encrypted);
  return [
    { ToUserName: 'gh_1', Encrypt: encrypted, ...fields },
    { timestamp, nonce, msgSignature },
  ];
}

/** What WeChat encrypts, with another padding than its own. */
function encryptWithPadding(message: string, padding: (contentLength: number) => Buffer): string {
  const head = Buffer.concat([Buffer.alloc(16, 'r'), Buffer.alloc(4)]);
  head.writeUInt32BE(Buffer.byteLength(message), 16);
  const content = Buffer.concat([head, Buffer.from(message + keys.appid)]);
  const key = Buffer.from(`${keys.encodingAesKey}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([content, padding(content.length)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

describe('the samples of WeChat', () => {
  it('have the signatures that the page shows', () => {
    const { timestamp, nonce, signature, msgSignature } = official.proof;
    expect(signPush(keys.token, timestamp, nonce)).toBe(signature);
    expect(signPush(keys.token, timestamp, nonce, official.encrypted)).toBe(msgSignature);
    const reply = officialReply;
    expect(signPush(keys.token, reply.timestamp, reply.nonce, reply.encrypted)).toBe(reply.msgSignature);
  });

  it('are decrypted to the message of the page, byte by byte', () => {
    expect(decryptPush(official.encrypted, keys)).toBe(official.message);
    expect(decryptPush(officialReply.encrypted, keys)).toBe(officialReply.message);
  });

  it('are encrypted to the bytes of the page', () => {
    expect(encryptPush(officialReply.message, keys, Buffer.from(officialReply.random))).toBe(
      officialReply.encrypted,
    );
    expect(encryptPush(official.message, keys, Buffer.from(official.random))).toBe(official.encrypted);
  });

  it('are refused with the signature of the URL in place of msg_signature', () => {
    const proof = { ...official.proof, msgSignature: official.proof.signature };
    expect(codeOf(() => openPush({ Encrypt: official.encrypted }, proof, keys, now))).toBe('push_invalid');
  });

  it('are refused for another appid', () => {
    const other = { ...keys, appid: 'wxb11529c136998cb6' };
    expect(codeOf(() => decryptPush(official.encrypted, other))).toBe('push_invalid');
  });
});

describe('openPush', () => {
  it.each([
    ['JSON', JSON.stringify({ ToUserName: 'gh_1', Encrypt: official.encrypted })],
    [
      'XML',
      `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[${official.encrypted}]]></Encrypt></xml>`,
    ],
  ])('opens an encrypted message in %s', (_, body) => {
    expect(openPush(body, official.proof, keys, now)).toEqual({
      isEncrypted: true,
      fields: JSON.parse(official.message),
    });
  });

  it('takes the encrypted fields, not the plain ones beside them', () => {
    const [body, proof] = signed(encryptPush('{"OpenID":"true"}', keys), { OpenID: 'forged' });
    expect(openPush(body, proof, keys, now).fields).toEqual({ OpenID: 'true' });
  });

  it('says of a plain message that it is plain', () => {
    const { msgSignature: _, ...proof } = official.proof;
    expect(openPush({ Event: 'e' }, proof, keys, now)).toEqual({
      isEncrypted: false,
      fields: { Event: 'e' },
    });
    const wrong = { ...proof, signature: '0'.repeat(40) };
    expect(codeOf(() => openPush({ Event: 'e' }, wrong, keys, now))).toBe('push_invalid');
  });

  it('refuses a forged body with the right signature in the URL', () => {
    const forged = encryptPush('{"OpenID":"victim"}', keys);
    expect(codeOf(() => openPush({ Encrypt: forged }, official.proof, keys, now))).toBe('push_invalid');
    const { msgSignature: _, ...proof } = official.proof;
    expect(codeOf(() => openPush({ Encrypt: forged }, proof, keys, now))).toBe('push_invalid');
  });

  it.each([
    [-300, undefined],
    [300, undefined],
    [-301, 'push_invalid'],
    [301, 'push_invalid'],
  ])('with a timestamp that is %i seconds off: %s', (seconds, code) => {
    const { proof, encrypted } = official;
    expect(codeOf(() => openPush({ Encrypt: encrypted }, proof, keys, now + seconds * 1_000))).toBe(code);
    expect(codeOf(() => assertPushSignature(proof, keys, now + seconds * 1_000))).toBe(code);
  });

  it.each(['', 'soon', '-1', '1e9', ' 1714112445'])('refuses the timestamp %j', (timestamp) => {
    const proof = { timestamp, nonce: '1', signature: signPush(keys.token, timestamp, '1') };
    expect(codeOf(() => assertPushSignature(proof, keys, 0))).toBe('push_invalid');
  });

  it.each([
    ['not text', { Encrypt: { deep: 1 } }],
    ['an array', []],
    ['a number', 7],
    ['nothing', undefined],
    ['broken JSON', '{"Encrypt":'],
    ['broken XML', '<xml><Encrypt>'],
  ])('refuses %s', (_, body) => {
    expect(codeOf(() => openPush(body, official.proof, keys, now))).toBe('invalid_request');
  });
});

describe('a signed message whose bytes are wrong', () => {
  it.each([0, 33, 34, 48, 255])('has a padding of %i: refused', (count) => {
    // The length of the message makes up whole blocks.
    const length = (32 - ((36 + keys.appid.length + count) % 16)) % 16;
    const encrypted = encryptWithPadding('m'.repeat(length + 16), () => Buffer.alloc(count, count));
    const [body, proof] = signed(encrypted);
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('invalid_request');
  });

  it.each([1, 16, 17, 31, 32])('has a padding of %i: opened', (count) => {
    const head = 20 + keys.appid.length;
    const message = JSON.stringify({ t: 'm'.repeat((96 - ((head + 8 + count) % 32)) % 32) });
    const encrypted = encryptWithPadding(message, () => Buffer.alloc(count, count));
    const [body, proof] = signed(encrypted);
    expect(openPush(body, proof, keys, now).fields).toEqual(JSON.parse(message));
  });

  it('has a padding of different bytes: refused', () => {
    const encrypted = encryptWithPadding('{}', (length) => {
      const padding = Buffer.alloc(32 - (length % 32), 32 - (length % 32));
      padding[0]! ^= 1;
      return padding;
    });
    const [body, proof] = signed(encrypted);
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('invalid_request');
  });

  it.each([
    ['no bytes', ''],
    ['half a block', Buffer.alloc(8).toString('base64')],
    ['no base64', '!!!'],
    ['too few bytes', encryptWithAesOnly(Buffer.alloc(32, 32))],
    ['a length beyond the end', encryptWithAesOnly(Buffer.concat([Buffer.alloc(31, 0xff), Buffer.of(1)]))],
    ['bytes that are no UTF-8', encryptBytes(Buffer.of(0xff, 0xfe))],
  ])('has %s: refused', (_, encrypted) => {
    const [body, proof] = signed(encrypted);
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('invalid_request');
  });

  it('was encrypted with another key: refused', () => {
    const encrypted = encryptPush('{}', { ...keys, encodingAesKey: 'B'.repeat(43) });
    const [body, proof] = signed(encrypted);
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('invalid_request');
  });

  it('is for another mini-program: refused', () => {
    const [body, proof] = signed(encryptPush('{}', { ...keys, appid: 'wx0' }));
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('push_invalid');
  });

  it.each(['no message', '[]', '<xml', '<!DOCTYPE x><xml></xml>'])('holds %j: refused', (message) => {
    const [body, proof] = signed(encryptPush(message, keys));
    expect(codeOf(() => openPush(body, proof, keys, now))).toBe('invalid_request');
  });

  function encryptWithAesOnly(content: Buffer): string {
    const key = Buffer.from(`${keys.encodingAesKey}=`, 'base64');
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    return Buffer.concat([cipher.update(content), cipher.final()]).toString('base64');
  }

  function encryptBytes(message: Buffer): string {
    const head = Buffer.alloc(20);
    head.writeUInt32BE(message.length, 16);
    const content = Buffer.concat([head, message, Buffer.from(keys.appid)]);
    const padding = 32 - (content.length % 32);
    return encryptWithAesOnly(Buffer.concat([content, Buffer.alloc(padding, padding)]));
  }
});

describe('parsePush', () => {
  it('reads the same members from JSON and from XML, where all values are text', () => {
    expect(parsePush('{"CreateTime":1714112445,"OpenID":"o1"}')).toEqual({
      CreateTime: 1_714_112_445,
      OpenID: 'o1',
    });
    expect(
      parsePush('<xml><CreateTime>1714112445</CreateTime>\n<OpenID><![CDATA[o1]]></OpenID><Revoke/></xml>'),
    ).toEqual({ CreateTime: '1714112445', OpenID: 'o1', Revoke: '' });
  });

  it('reads what the parser of an application has left', () => {
    expect(parsePush({ xml: { OpenID: 'o1' } })).toEqual({ OpenID: 'o1' });
    expect(parsePush({ OpenID: 'o1' })).toEqual({ OpenID: 'o1' });
  });

  it('refuses XML with an external entity', () => {
    const text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><OpenID>&e;</OpenID></xml>';
    expect(codeOf(() => parsePush(text))).toBe('invalid_request');
  });

  it('refuses a billion laughs', () => {
    const laughs = Array.from({ length: 10 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join(
      '',
    );
    const text = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]><xml><OpenID>&l10;</OpenID></xml>`;
    expect(codeOf(() => parsePush(text))).toBe('invalid_request');
  });

  it('expands no entity', () => {
    expect(parsePush('<xml><OpenID>&lt;&#65;</OpenID></xml>')).toEqual({ OpenID: '&lt;&#65;' });
  });

  it('refuses XML that is nested too deep', () => {
    expect(codeOf(() => parsePush('<a>'.repeat(10_000) + '</a>'.repeat(10_000)))).toBe('invalid_request');
  });

  it('refuses XML of nothing but tags', () => {
    expect(codeOf(() => parsePush(`<xml>${'x<b/>'.repeat(1_000)}</xml>`))).toBe('invalid_request');
  });

  it('refuses a member that is named like a prototype', () => {
    expect(codeOf(() => parsePush('<xml><__proto__><isAdmin>1</isAdmin></__proto__></xml>'))).toBe(
      'invalid_request',
    );
  });
});
