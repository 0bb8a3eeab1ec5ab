import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Webhook as Verifier } from 'standardwebhooks';
import { isPublicAddress, lookupFor } from './public-address.js';
import { WebhookSender } from './webhook-sender.js';

const secrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

const message = {
  id: '1',
  webhook: '',
  messageId: '01a1fc0b-8543-769f-a0a8-36d8f00a7120',
  userId: 'user',
  type: 'user.updated' as const,
  data: { userId: 'user' },
  createdAt: new Date('2026-11-21T02:59:35.873Z'),
  attempts: 1,
};

/** A resolver that gives these addresses, a list for each look-up. */
function resolver(...answers: string[][]): LookupFunction {
  return ((_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as LookupFunction;
}

/** A whole HTTP request; undefined while a part of it is missing. */
function readRequest(request: string): { headers: Record<string, string>; text: string } | undefined {
  const [head = '', text] = request.split('\r\n\r\n', 2);
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(': ', 2) as [string, string]),
  );
  return text?.length === Number(headers['content-length']) ? { headers, text } : undefined;
}

describe('the sender of webhook messages', () => {
  const received: { headers: Record<string, string>; text: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const request = readRequest(text);
      if (request === undefined) return;
      received.push(request);
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  let port: number;
  let sender: WebhookSender | undefined;

  beforeEach(async () => {
    received.length = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    await sender?.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  function createSender(host: string, lookup?: LookupFunction): WebhookSender {
    sender = new WebhookSender(
      { url: `http://${host}:${port}/hook`, secret: secrets, events: [] },
      1,
      lookup,
    );
    return sender;
  }

  it('signs with each secret, so that the receiver may know any of them', async () => {
    expect(await createSender('127.0.0.1').send(message)).toBeUndefined();
    const [{ headers, text }] = received as [(typeof received)[0]];
    for (const secret of secrets) {
      expect(new Verifier(secret).verify(text, headers)).toEqual({
        type: 'user.updated',
        timestamp: '2026-11-21T02:59:35.873Z',
        data: { userId: 'user' },
      });
    }
    const stranger = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    expect(() => new Verifier(stranger).verify(text, headers)).toThrow('No matching signature found');
  });

  it('does not connect if the name leads to a private address', async () => {
    expect(await createSender('app.example.com', resolver(['127.0.0.1'])).send(message)).toBe(
      'PRIVATE_ADDRESS',
    );
    expect(received).toEqual([]);
  });

  it('does not connect if the name leads there only at the second look-up', async () => {
    // The first address is public by its number, and nothing listens there.
    const rebinding = resolver(['192.88.98.1'], ['127.0.0.1']);
    const lookup = lookupFor('app.example.com', rebinding);
    const ask = () =>
      new Promise((resolve) =>
        lookup('app.example.com', { all: true }, (error, found) => resolve(error ?? found)),
      );
    expect(await ask()).toEqual([{ address: '192.88.98.1', family: 4 }]);
    expect(await ask()).toMatchObject({ code: 'PRIVATE_ADDRESS' });
  });

  it('uses only the public ones of several addresses', async () => {
    const lookup = lookupFor('app.example.com', resolver(['10.0.0.1', '8.8.8.8', '::1']));
    const ask = (all: boolean) =>
      new Promise((resolve) => lookup('app.example.com', { all }, (_, ...found) => resolve(found)));
    expect(await ask(true)).toEqual([[{ address: '8.8.8.8', family: 4 }]]);
    expect(await ask(false)).toEqual(['8.8.8.8', 4]);
  });

  it('connects to this machine if the setting names it', async () => {
    expect(await createSender('localhost', resolver(['127.0.0.1'])).send(message)).toBeUndefined();
    expect(received).toHaveLength(1);
  });

  it('tells of a name that cannot be found', async () => {
    const lookup = ((_name: string, _options: object, callback: (error: object) => void) =>
      callback(Object.assign(new Error(), { code: 'ENOTFOUND' }))) as unknown as LookupFunction;
    expect(await createSender('app.example.com', lookup).send(message)).toBe('ENOTFOUND');
  });

  it.each([
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['100.100.100.200', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:169.254.169.254', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['fd00::1', false],
    ['fe80::1', false],
    ['ff02::1', false],
    ['::7f00:1', false],
    ['::fffe:a00:1', false],
    ['4000::1', false],
    ['8.8.8.8', true],
    ['::ffff:8.8.8.8', true],
    ['2606:4700::1111', true],
  ])('takes %s for a public address: %s', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});
