import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decryptPush, encryptPush, signPush } from '../src/push/push-cipher.js';
import { appOne, appTwo, freezeTime, useEmulator } from './harness.js';

const emulator = useEmulator();

const key = { appid: appOne, encodingAesKey: 'B'.repeat(43) };
const token = 'pushtoken';

/** One request that the backend received. */
interface Received {
  method: string;
  query: Record<string, string>;
  contentType: string | undefined;
  body: string;
}

let server: Server;
let url: string;
let received: Received[];
let answer: (request: Received, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/push?tenant=1`;
});
beforeEach(() => {
  received = [];
  answer = (_, response) => response.end('success');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const query = Object.fromEntries(new URL(request.url!, 'http://localhost').searchParams);
  const one = { method: request.method!, query, contentType: request.headers['content-type'], body };
  received.push(one);
  answer(one, response);
}

function configure(changes: Record<string, string> = {}): Promise<unknown> {
  const { encodingAesKey } = key;
  return emulator.control('POST', '/apps', {
    appid: appOne,
    push: { url, token, encodingAesKey, mode: 'secure', format: 'json', ...changes },
  });
}

async function push(input: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const event = 'user_info_modified';
  const { json } = await emulator.control('POST', '/push', { appid: appOne, user: 'anna', event, ...input });
  return json;
}

/** A reply as a backend encrypts it, with changes. */
function reply(changes: Record<string, unknown> = {}, message = '{"a":1}', by = key): string {
  const encrypted = encryptPush(message, by);
  const signature = signPush(token, '1713424427', '415670741', encrypted);
  const members = {
    Encrypt: encrypted,
    MsgSignature: signature,
    TimeStamp: 1_713_424_427,
    Nonce: '415670741',
  };
  return JSON.stringify({ ...members, ...changes });
}

describe('the cipher', () => {
  const official = { appid: 'wxba5fad812f8e6fb9', encodingAesKey: 'A'.repeat(43) };
  const encrypted =
    'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==';

  it('makes the bytes and signatures of WeChat’s page', () => {
    const random = Buffer.from('707722b803182950');
    expect(encryptPush('{"demo_resp":"good luck"}', official, random)).toBe(encrypted);
    expect(decryptPush(encrypted, official)).toBe('{"demo_resp":"good luck"}');
    expect(signPush('AAAAA', '1714112445', '415670741')).toBe('6c5c811b55cc85e0e1b54100749188c20beb3f5d');
    expect(signPush('AAAAA', '1713424427', '415670741', encrypted)).toBe(
      '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1',
    );
  });
});

describe('/__emulator__/push', () => {
  const members = {
    ToUserName: expect.stringMatching(/^gh_[0-9a-f]{12}$/),
    FromUserName: expect.stringMatching(/^o[\w-]{27}$/),
    CreateTime: 1_772_352_000,
    MsgType: 'event',
    Event: 'user_authorization_revoke',
    OpenID: expect.stringMatching(/^o[\w-]{27}$/),
    AppID: appOne,
    RevokeInfo: '8',
  };
  const texts = { ...members, CreateTime: '1772352000' };
  const revocation = { event: 'user_authorization_revoke', RevokeInfo: '8' };

  function readXml(text: string): Record<string, string> {
    const elements = text.matchAll(/<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/\1>/g);
    return Object.fromEntries([...elements].map(([, name, inCdata, plain]) => [name, inCdata ?? plain]));
  }

  const inner = (text: string) => text.replace(/^<xml>|<\/xml>$/g, '');

  it('sends a plain message in JSON, signed without its body', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await configure({ mode: 'plain' });
    expect(await push(revocation)).toEqual({ attempts: 1, status: 200, contentType: '', body: 'success' });
    const [{ method, query, contentType, body }] = received as [Received];
    expect({ method, contentType }).toEqual({ method: 'POST', contentType: 'application/json' });
    expect(JSON.parse(body)).toEqual(members);
    const { timestamp, nonce } = query;
    expect(query).toEqual({
      tenant: '1',
      signature: signPush(token, timestamp!, nonce!),
      timestamp: '1772352000',
      nonce: expect.stringMatching(/^\d{10}$/),
      openid: JSON.parse(body).FromUserName,
    });
  });

  it('sends a plain message in XML', async () => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await configure({ mode: 'plain', format: 'xml' });
    await push(revocation);
    expect(received[0]).toMatchObject({ contentType: 'text/xml' });
    expect(readXml(inner(received[0]!.body))).toEqual(texts);
  });

  it.each([
    ['secure', 'json'],
    ['secure', 'xml'],
    ['compatible', 'json'],
    ['compatible', 'xml'],
  ])('sends an encrypted message in %s mode and %s', async (mode, format) => {
    freezeTime('2026-03-01T08:00:00.000Z');
    await configure({ mode, format });
    await push(revocation);
    const [{ query, body }] = received as [Received];
    const read = (text: string) => (format === 'json' ? JSON.parse(text) : readXml(inner(text)));
    const expected = format === 'json' ? members : texts;
    const { Encrypt: encrypted, ...others } = read(body);
    expect(others).toEqual(mode === 'compatible' ? expected : { ToUserName: expected.ToUserName });
    expect(read(decryptPush(encrypted, key))).toEqual(expected);
    const { timestamp, nonce } = query as { timestamp: string; nonce: string };
    expect(query).toMatchObject({
      encrypt_type: 'aes',
      signature: signPush(token, timestamp, nonce),
      msg_signature: signPush(token, timestamp, nonce, encrypted),
    });
  });

  it('names the user by the openid of a login', async () => {
    await configure({ mode: 'plain' });
    const { openid } = await emulator.logIn(appOne, 'anna');
    await push();
    expect(JSON.parse(received[0]!.body)).toMatchObject({ OpenID: openid });
  });

  it('adds further members, and takes others in place of its own', async () => {
    await configure({ mode: 'plain' });
    await push({ revokeInfo: '6', OpenID: '', debug_str: 'hello', createTime: 7 });
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      RevokeInfo: '6',
      OpenID: '',
      debug_str: 'hello',
      CreateTime: 7,
    });
  });

  it('keeps a text of XML together, whatever it has in it', async () => {
    await configure({ mode: 'plain', format: 'xml' });
    await push({ debug_str: 'a]]>b<c>&' });
    expect(received[0]!.body).toContain('<debug_str><![CDATA[a]]]]><![CDATA[>b<c>&]]></debug_str>');
  });

  it.each([
    [{ appid: appTwo }, new RegExp(`^the app ${appTwo} has no push.url: POST /__emulator__/apps`)],
    [{ appid: 'wx0' }, /^no app wx0 here/],
    [{ event: undefined }, /^event is missing/],
    [{ user: undefined }, /^user is missing/],
    [{ RevokeInfo: ['8'] }, /^RevokeInfo must be a text or a number$/],
    [{ 'a>b': '8' }, /^a>b is no name of a member$/],
  ])('refuses %j', async (input, error) => {
    await configure();
    expect(await push(input)).toEqual({ error: expect.stringMatching(error) });
  });

  describe('without an answer that WeChat accepts', () => {
    it('sends the same request up to three times', async () => {
      await configure();
      answer = (_, response) => response.writeHead(received.length < 3 ? 503 : 200).end('success');
      expect(await push()).toMatchObject({ attempts: 3, status: 200, body: 'success' });
      expect(received).toHaveLength(3);
      expect(received[1]).toEqual(received[0]);
      expect(received[2]).toEqual(received[0]);
    });

    it('gives up after the third time, and says what the backend answered', async () => {
      await configure();
      answer = (_, response) => response.writeHead(500).end('oh no');
      expect(await push()).toMatchObject({
        attempts: 3,
        status: 500,
        body: 'oh no',
        error: 'the status is not 200',
      });
      expect(received).toHaveLength(3);
    });

    it('encrypts and signs each of them anew if the settings say so', async () => {
      await configure();
      await emulator.control('POST', '/settings', { pushRetry: 'fresh' });
      answer = (_, response) => response.writeHead(received.length < 2 ? 503 : 200).end();
      await push();
      const [one, two] = received as [Received, Received];
      expect(one.query['nonce']).not.toBe(two.query['nonce']);
      const messages = received.map(({ body }) => decryptPush(JSON.parse(body).Encrypt, key));
      expect(messages[0]).toBe(messages[1]);
    });

    it('waits for five seconds', async () => {
      await configure();
      answer = (_, response) => {
        if (received.length > 1) response.end();
      };
      expect(await push()).toMatchObject({ attempts: 2, status: 200, body: '' });
    });

    it('says that nobody listens', async () => {
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      await configure({ url: `http://127.0.0.1:${port}/push` });
      expect(await push()).toEqual({
        attempts: 3,
        error: expect.stringMatching(/^no answer: .*ECONNREFUSED/),
      });
    });
  });

  describe('with a reply', () => {
    it.each(['', 'success'])('accepts %j', async (body) => {
      await configure();
      answer = (_, response) => response.end(body);
      expect(await push()).toEqual({ attempts: 1, status: 200, contentType: '', body });
    });

    it('decrypts it', async () => {
      await configure();
      answer = (_, response) => response.end(reply());
      expect(await push()).toMatchObject({ attempts: 1, reply: '{"a":1}' });
    });

    it('decrypts it from XML', async () => {
      await configure({ format: 'xml' });
      const encrypted = encryptPush('<xml></xml>', key);
      const signature = signPush(token, '1', 'n', encrypted);
      answer = (_, response) =>
        response.end(
          `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>1</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>`,
        );
      expect(await push()).toMatchObject({ reply: '<xml></xml>' });
    });

    it('takes a plain one in plain mode', async () => {
      await configure({ mode: 'plain' });
      answer = (_, response) => response.end('{"a":1}');
      expect(await push()).toMatchObject({ reply: '{"a":1}' });
    });

    it.each([
      ['{"a":1}', 'Encrypt must be a string'],
      ['SUCCESS', 'it is neither empty, nor success, nor a JSON object'],
      [reply({ MsgSignature: '0'.repeat(40) }), 'MsgSignature is wrong'],
      [reply({ TimeStamp: '1713424427' }), 'TimeStamp must be a number'],
      [reply({}, '{}', { ...key, appid: 'wx0' }), 'after the message there is "wx0", not the appid'],
      [
        reply({}, '{}', { ...key, encodingAesKey: 'C'.repeat(43) }),
        'the padding is not PKCS#7 to 32 bytes, or the key is another one',
      ],
    ])('says what is wrong with %s', async (body, error) => {
      await configure();
      answer = (_, response) => response.end(body);
      const sent = await push();
      expect(sent).toMatchObject({ attempts: 1, error: `the reply is not acceptable: ${error}` });
      expect(sent).not.toHaveProperty('reply');
    });
  });
});

describe('/__emulator__/push/check-url', () => {
  const check = async () => (await emulator.control('POST', '/push/check-url', { appid: appOne })).json;

  it('accepts a backend that answers with echostr', async () => {
    await configure();
    answer = ({ query }, response) => response.end(query['echostr']);
    expect(await check()).toEqual({
      attempts: 1,
      status: 200,
      contentType: '',
      body: expect.stringMatching(/^\d+$/),
    });
    const [{ method, query }] = received as [Received];
    expect(method).toBe('GET');
    expect(query['signature']).toBe(signPush(token, query['timestamp']!, query['nonce']!));
  });

  it.each(['success', '"1"', ''])('does not accept the body %j', async (body) => {
    await configure();
    answer = (_, response) => response.end(body);
    expect(await check()).toMatchObject({
      error: expect.stringMatching(/^the body must be \d+, and nothing else$/),
    });
  });
});
