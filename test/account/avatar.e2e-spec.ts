import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { crc32, deflateSync } from 'node:zlib';
import { Busboy } from '@fastify/busboy';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, ServiceNode } from '../harness/node.js';
import { tea, useWorld } from '../harness/world.js';

const megabyte = 1024 * 1024;
const pngSignature = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1');

interface Upload {
  method?: string;
  field?: string;
  name?: string;
  type?: string;
  token?: string | null;
}

/** An image of one colour, which compresses to next to nothing. */
function plain(width: number, height: number, background = '#0000ff') {
  return sharp({ create: { width, height, channels: 3, background }, limitInputPixels: false });
}

/** The colour in the middle of an image, as `#rrggbb`, each channel as dark or light as it mostly is. */
async function colourOf(image: Buffer, left = 128, top = 128): Promise<string> {
  const pixel = await sharp(image).removeAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer();
  return `#${[...pixel].map((channel) => (channel > 127 ? 'ff' : '00')).join('')}`;
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** Milliseconds of the quickest of five runs: a busy machine makes others longer. */
async function shortestTime(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 5; count += 1) times.push(await timeOf(run));
  return Math.min(...times);
}

/** A PNG of so many black pixels a side, one bit each. */
function bombOf(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
  };
  const header = Buffer.concat([uint32(side), uint32(side), Buffer.from([1, 0, 0, 0, 0])]);
  const rows = Buffer.alloc((1 + Math.ceil(side / 8)) * side);
  return Buffer.concat([
    pngSignature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG that is different all over, so that nothing of it can be missing without a trace. */
function variedJpeg(progressive: boolean): Promise<Buffer> {
  const [width, height, channels] = [600, 400, 3] as const;
  const pixels = Buffer.from(Array.from({ length: width * height * channels }, (_, i) => (i * 7_919) % 251));
  return sharp(pixels, { raw: { width, height, channels } }).jpeg({ progressive }).toBuffer();
}

function halfOf(file: Buffer): Buffer {
  return file.subarray(0, file.length / 2);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

describe('avatars', () => {
  const world = useWorld();
  let node: ServiceNode;
  let anna: { id: string; accessToken: string };
  /** Another one in each test: nobody may send more than six avatars a minute. */
  let annasPhone: string;
  let round = 0;

  beforeAll(async () => {
    node = await world.startNode({ PUBLIC_URL: 'https://public.example/login/' });
  });
  beforeEach(async () => {
    round += 1;
    annasPhone = `anna-${round}`;
    anna = await signIn(annasPhone);
  });

  async function signIn(user: string): Promise<{ id: string; accessToken: string }> {
    const { body } = await world.login(node, user);
    return { id: body.user.id, accessToken: body.accessToken };
  }

  async function send(
    form: FormData | string,
    { method = 'PUT', token, type }: Upload = {},
  ): Promise<Answer> {
    const bearer = token === undefined ? anna.accessToken : token;
    const response = await fetch(new URL('/me/avatar', node.url), {
      method,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(typeof form === 'string' && type !== undefined && { 'content-type': type }),
      },
      body: form,
    });
    const text = await response.text();
    node.answers.push(text);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: JSON.parse(text),
    };
  }

  function formOf(
    file: Uint8Array,
    { field = 'file', name = 'a.jpg', type = 'image/jpeg' }: Upload = {},
  ): FormData {
    const form = new FormData();
    form.append(field, new Blob([new Uint8Array(file)], { type }), name);
    return form;
  }

  const upload = (file: Uint8Array, how: Upload = {}) => send(formOf(file, how), how);

  /** What `avatarUrl` leads to; PUBLIC_URL stands for a proxy in front of the node. */
  async function fetchAvatar(avatarUrl: string): Promise<Response> {
    expect(avatarUrl).toMatch(/^https:\/\/public\.example\/login\/avatars\/[\da-f]{32}$/);
    return fetch(avatarUrl.replace('https://public.example/login', node.url));
  }

  async function drawn(avatarUrl: string): Promise<Buffer> {
    const response = await fetchAvatar(avatarUrl);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  const files = () => readdirSync(world.avatars);
  const keyOf = (avatarUrl: string) => avatarUrl.split('/').at(-1)!;

  describe('are drawn anew', () => {
    it.each(['jpeg', 'png', 'webp'] as const)('from %s, as a WebP of 256×256', async (format) => {
      const answer = await upload(await plain(600, 400).toFormat(format).toBuffer());
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(answer.body).toEqual((await node.me(anna.accessToken)).body);
      const image = await drawn(answer.body.avatarUrl);
      expect(await sharp(image).metadata()).toMatchObject({ format: 'webp', width: 256, height: 256 });
      expect(await colourOf(image)).toBe('#0000ff');
    });

    it('when they come by POST, the only way wx.uploadFile knows', async () => {
      const form = formOf(await plain(300, 300, '#ff0000').png().toBuffer());
      form.append('user', 'formData of wx.uploadFile');
      form.append('time', '10:00');
      const answer = await send(form, { method: 'POST' });
      expect(answer.status).toBe(200);
      expect(await colourOf(await drawn(answer.body.avatarUrl))).toBe('#ff0000');
    });

    it('whatever name and type the sender gives them', async () => {
      const png = await plain(300, 300).png().toBuffer();
      expect((await upload(png, { name: '../../a.php', type: 'text/html' })).status).toBe(200);
      expect((await upload(png, { name: '头像.svg', type: 'image/svg+xml' })).status).toBe(200);
    });

    it('upright, without the place and the time at which they were taken', async () => {
      // The upper half red, the lower blue; turned by a quarter to the right, red is on the right.
      const lower = await plain(400, 200, '#0000ff').png().toBuffer();
      const photo = await plain(400, 400, '#ff0000')
        .composite([{ input: lower, gravity: 'south' }])
        .jpeg()
        .withExif({
          IFD0: { Copyright: 'Anna', DateTime: '2026:11:21 10:00:00' },
          IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '39/1 54/1 0/1' },
        })
        .withMetadata({ orientation: 6 })
        .withIccProfile('p3')
        .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">Anna</x:xmpmeta>')
        .toBuffer();
      expect(photo.includes('Anna')).toBe(true);
      expect(await sharp(photo).metadata()).toMatchObject({ orientation: 6, exif: expect.any(Buffer) });

      const image = await drawn((await upload(photo)).body.avatarUrl);
      const { exif, icc, xmp, orientation } = await sharp(image).metadata();
      expect({ exif, icc, xmp, orientation }).toEqual({});
      expect(image.includes('Anna')).toBe(false);
      expect([await colourOf(image, 32), await colourOf(image, 224)]).toEqual(['#0000ff', '#ff0000']);
    });

    it('from the first frame of an animation alone', async () => {
      const frames = await Promise.all(
        ['#00ff00', '#ff0000', '#0000ff'].map((colour) => plain(300, 300, colour).png().toBuffer()),
      );
      const animation = await sharp(frames, { join: { animated: true } })
        .webp()
        .toBuffer();
      expect((await sharp(animation, { animated: true }).metadata()).pages).toBe(3);
      const image = await drawn((await upload(animation)).body.avatarUrl);
      expect((await sharp(image, { animated: true }).metadata()).pages ?? 1).toBe(1);
      expect(await colourOf(image)).toBe('#00ff00');
    });

    it('without what else was hidden in the file', async () => {
      const jpeg = await plain(300, 300).jpeg().toBuffer();
      const polyglot = Buffer.concat([jpeg, Buffer.from('<script>alert(1)</script>PK\u0003\u0004')]);
      const answer = await upload(polyglot);
      expect(answer.status).toBe(200);
      const image = await drawn(answer.body.avatarUrl);
      expect(image.includes('script')).toBe(false);
      expect(image.includes('PK')).toBe(false);
    });

    it.each([
      [1, false],
      [2, false],
      [1, true],
      [2, true],
    ])(
      'from a JPEG without the last %i bytes of its end mark (progressive: %s)',
      async (missing, progressive) => {
        const whole = await variedJpeg(progressive);
        const images: Buffer[] = [];
        for (const file of [whole, whole.subarray(0, -missing)]) {
          const { status, body } = await upload(file);
          expect(status).toBe(200);
          images.push(await drawn(body.avatarUrl));
        }
        expect(images[1]).toEqual(images[0]);
      },
    );

    it('up to 2 MB and 25 megapixels', async () => {
      const largest = await plain(5_000, 5_000).png().toBuffer();
      const padding = Buffer.alloc(2 * megabyte - largest.length);
      expect((await upload(Buffer.concat([largest, padding]))).status).toBe(200);
    });
  });

  describe('are refused', () => {
    beforeEach(async () => {
      await upload(await plain(300, 300).png().toBuffer());
    });

    /** Refused by `attempt`, with the old avatar left as it was. */
    async function expectProblem(
      attempt: () => Promise<Answer>,
      status: number,
      code: string,
    ): Promise<Answer> {
      const { avatarUrl } = (await node.me(anna.accessToken)).body;
      const before = files();
      const answer = await attempt();
      expect(answer).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
        body: { code },
      });
      expect(files()).toEqual(before);
      expect((await node.me(anna.accessToken)).body.avatarUrl).toBe(avatarUrl);
      return answer;
    }

    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';

    it.each<[string, () => Buffer | Promise<Buffer>]>([
      ['SVG', () => Buffer.from(svg)],
      ['GIF', () => plain(9, 9).gif().toBuffer()],
      ['TIFF', () => plain(9, 9).tiff().toBuffer()],
      ['AVIF', () => plain(64, 64).avif().toBuffer()],
      ['PDF', () => Buffer.from('%PDF-1.7\n')],
      ['HTML', () => Buffer.from('<!doctype html><script>alert(1)</script>')],
      ['BMP', () => Buffer.from('BM')],
    ])('if they are %s that is called a JPEG', async (_, make) => {
      const file = await make();
      await expectProblem(() => upload(file), 415, 'unsupported_media_type');
    });

    it.each<[string, () => Buffer | Promise<Buffer>]>([
      ['an SVG behind the signature of a PNG', () => Buffer.concat([pngSignature, Buffer.from(svg)])],
      ['a PNG that ends too soon', async () => (await plain(900, 900).png().toBuffer()).subarray(0, -400)],
      ['a JPEG that ends too soon', async () => (await plain(900, 900).jpeg().toBuffer()).subarray(0, -400)],
      ['half of a photo', async () => halfOf(await variedJpeg(false))],
      ['half of a progressive photo', async () => halfOf(await variedJpeg(true))],
      ['a photo without its last row', async () => (await variedJpeg(false)).subarray(0, -40)],
      ['a WebP that ends too soon', async () => (await plain(900, 900).webp().toBuffer()).subarray(0, -40)],
      ['the signature of a JPEG alone', () => Buffer.from([0xff, 0xd8, 0xff])],
      ['more than 25 megapixels', () => plain(5_001, 5_000).png().toBuffer()],
    ])('if they are %s', async (_, make) => {
      const file = await make();
      const { body } = await expectProblem(() => upload(file), 400, 'invalid_request');
      expect(body.errors).toEqual([{ field: 'file', message: expect.any(String) }]);
    });

    it('if a few kilobytes would be four hundred megapixels, without decoding them', async () => {
      const bomb = bombOf(20_000);
      expect(bomb.length).toBeLessThan(0.1 * megabyte);
      // The largest image that is decoded has a sixteenth of the pixels.
      const decoding = await shortestTime(() => sharp(bombOf(5_000)).stats());
      const refusing = await shortestTime(() => expectProblem(() => upload(bomb), 400, 'invalid_request'));
      expect(refusing).toBeLessThan(decoding);
    });

    it('if they are larger than 2 MB', async () => {
      const png = await plain(300, 300).png().toBuffer();
      const padded = Buffer.concat([png, Buffer.alloc(2 * megabyte - png.length + 1)]);
      await expectProblem(() => upload(padded), 413, 'payload_too_large');
    });

    it('as soon as they are known to be too large, while they are still being sent', async () => {
      const announced = { 'content-length': 1_000 * megabyte };
      await expectProblem(() => begin(announced), 413, 'payload_too_large');
      const endless = { 'transfer-encoding': 'chunked' };
      await expectProblem(() => begin(endless, Buffer.alloc(2.5 * megabyte)), 413, 'payload_too_large');
    });

    it('if too many are on their way, until they arrive or break off', async () => {
      const png = await plain(9, 9).png().toBuffer();
      const users = await Promise.all(Array.from({ length: 8 }, (_, index) => signIn(`slow-${index}`)));
      const slow = users.flatMap(({ accessToken }) =>
        Array.from({ length: 4 }, () => open({ 'content-length': megabyte }, accessToken)),
      );
      await Promise.all(slow.map((sent) => new Promise((resolve) => sent.write('--b\r\n', resolve))));
      let next = 0;
      const another = async () => upload(png, { token: (await signIn(`next-${(next += 1)}`)).accessToken });
      await expect.poll(async () => (await another()).body.code).toBe('overloaded');
      for (const sent of slow) sent.destroy();
      await expect.poll(async () => (await another()).status).toBe(200);
      expect(node.output).not.toContain('internal_error');
    });

    it.each<[string, () => FormData]>([
      ['no file', () => new FormData()],
      ['a text in the place of the file', () => withText('file', 'hello')],
      ['a file in another field', () => formOf(pngSignature, { field: 'avatar' })],
      ['an empty file', () => formOf(Buffer.alloc(0))],
      ['two files', () => withFile(formOf(pngSignature), 'file')],
      ['another file beside it', () => withFile(formOf(pngSignature), 'other')],
    ])('if the form has %s', async (_, make) => {
      const { body } = await expectProblem(() => send(make()), 400, 'invalid_request');
      expect(body.errors).toEqual([{ field: 'file', message: expect.any(String) }]);
    });

    it.each([
      ['no boundary', 'multipart/form-data', '--b--'],
      [
        'four parts',
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n'.repeat(4) + '--b--',
      ],
      [
        'no end',
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
      ],
      ['no form in it', 'multipart/form-data; boundary=b', 'hello'],
      // Which @fastify/busboy would never come to the end of.
      [
        'headers that never end',
        'multipart/form-data; boundary=b',
        `--b\r\nContent-Dispo${'x'.repeat(90_000)}\r\n\r\nabc\r\n--b--\r\n`,
      ],
    ])('if the form has %s', async (_, type, body) => {
      await expectProblem(() => send(body, { type }), 400, 'invalid_request');
    });

    it.each<[string, string]>([
      ['delimiters and nothing else', '--b\r\n'],
      ['delimiters with an empty line each', '--b\r\n\r\n'],
      ['parts of one letter', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n'],
    ])('if a form of 1.6 MB is %s, which keeps nobody else waiting', async (_, part) => {
      const endless = part.repeat(Math.floor((1.6 * megabyte) / part.length));
      const type = 'multipart/form-data; boundary=b';
      let sender = 0;
      /** Milliseconds of the longest wait for /health/live while the form is sent and refused. */
      const longestWait = async () => {
        const { accessToken } = await signIn(`sender-${(sender += 1)}`);
        const answered = new AbortController();
        const answer = send(endless, { type, token: accessToken }).finally(() => answered.abort());
        let longest = 0;
        do {
          const begun = performance.now();
          await node.get('/health/live');
          longest = Math.max(longest, performance.now() - begun);
        } while (!answered.signal.aborted);
        expect(await answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
        return longest;
      };
      // A node that took the whole form apart at once would keep others waiting for at least as long as that takes here.
      const takeApart = async () => {
        const limits = { files: 2, fields: 2, parts: 3 };
        const parser = new Busboy({ headers: { 'content-type': type }, limits });
        parser.on('error', () => {});
        parser.write(Buffer.from(endless));
      };
      const waits: number[] = [];
      const atOnce: number[] = [];
      // The least of each: a busy machine makes some of them longer.
      const ratio = async () => {
        atOnce.push(await timeOf(takeApart));
        waits.push(await longestWait());
        return Math.min(...waits) / Math.min(...atOnce);
      };
      await expect.poll(ratio).toBeLessThan(0.5);
    });

    it.each([
      // The file of the first is no image.
      [70, 'unsupported_media_type'],
      [1_000, 'invalid_request'],
    ])('if the boundary is longer than it may be: %i characters, %s', async (length, code) => {
      const delimiter = `--${'b'.repeat(length)}`;
      const header = 'Content-Disposition: form-data; name="file"; filename="a"';
      const body = `${delimiter}\r\n${header}\r\n\r\nabc\r\n${delimiter}--\r\n`;
      const type = `multipart/form-data; boundary=${'b'.repeat(length)}`;
      expect((await send(body, { type })).body.code).toBe(code);
    });

    it.each(['application/json', 'text/plain', 'image/png', 'multipart/mixed; boundary=b'])(
      'if they come as %s',
      async (type) => {
        await expectProblem(() => send('{}', { type }), 415, 'unsupported_media_type');
      },
    );

    it('without a token, before a byte of them is read', async () => {
      const png = await plain(9, 9).png().toBuffer();
      await expectProblem(() => upload(png, { token: null }), 401, 'token_missing');
      const waiting = { authorization: '', 'content-length': megabyte };
      await expectProblem(() => begin(waiting), 401, 'token_missing');
    });

    it('if the user is active no longer', async () => {
      const carl = await signIn('carl');
      await world.database.query(`UPDATE users SET status = 'disabled' WHERE id = $1`, [carl.id]);
      const png = await plain(9, 9).png().toBuffer();
      await expectProblem(() => upload(png, { token: carl.accessToken }), 401, 'session_revoked');
    });

    function withText(field: string, text: string): FormData {
      const form = new FormData();
      form.append(field, text);
      return form;
    }

    function withFile(form: FormData, field: string): FormData {
      form.append(field, new Blob([new Uint8Array(pngSignature)]), 'b.png');
      return form;
    }

    function open(headers: Record<string, string | number>, token = anna.accessToken): ClientRequest {
      const sent = httpRequest(new URL('/me/avatar', node.url), {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'multipart/form-data; boundary=b',
          ...headers,
        },
      });
      sent.on('error', () => {});
      return sent;
    }

    /** The answer to a request that never comes to its end. */
    async function begin(headers: Record<string, string | number>, body?: Buffer): Promise<Answer> {
      const sent = open(headers);
      sent.flushHeaders();
      if (body !== undefined) sent.write(body);
      const [response] = await once(sent, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      sent.destroy();
      const text = Buffer.concat(chunks).toString();
      return { status: response.statusCode, headers: response.headers, text, body: JSON.parse(text) };
    }
  });

  it.each([
    ['POST', '/auth/login'],
    ['PATCH', '/me'],
  ])('are the only thing that may be sent as a form, and not to %s %s', async (method, path) => {
    const answer = await node.call(method, path, {
      headers: {
        authorization: `Bearer ${anna.accessToken}`,
        'content-type': 'multipart/form-data; boundary=b',
      },
      body: '--b--\r\n',
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it.each<[string, Record<string, string | number>]>([
    ['of a known length', { 'content-length': 3 * megabyte }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('leave the connection to the next request after an upload %s that is too large', async (_, headers) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const authorization = `Bearer ${anna.accessToken}`;
    const call = async (path: string, how: RequestOptions, body?: Buffer) => {
      const sent = httpRequest(new URL(path, node.url), { agent, ...how });
      sent.end(body);
      const [response] = await once(sent, 'response');
      await once(response.resume(), 'end');
      return { status: response.statusCode, isReused: sent.reusedSocket };
    };
    const type = { 'content-type': 'multipart/form-data; boundary=b' };
    const options = { method: 'PUT', headers: { authorization, ...type, ...headers } };
    expect(await call('/me/avatar', options, Buffer.alloc(3 * megabyte))).toMatchObject({ status: 413 });
    expect(await call('/me', { headers: { authorization } })).toEqual({ status: 200, isReused: true });
    agent.destroy();
  });

  it('leave no old file behind, and another URL each time', async () => {
    const dora = await signIn('dora');
    const count = files().length;
    const png = await plain(300, 300).png().toBuffer();
    const first = (await upload(png, { token: dora.accessToken })).body.avatarUrl;
    const second = (await upload(png, { token: dora.accessToken })).body.avatarUrl;
    expect(second).not.toBe(first);
    expect((await fetchAvatar(first)).status).toBe(404);
    expect((await fetchAvatar(second)).status).toBe(200);
    expect(files()).toHaveLength(count + 1);
    expect(files()).toContain(keyOf(second));
  });

  it('leave one file, the one that the row names, if a user sends many at once', async () => {
    const emil = await signIn('emil');
    const count = files().length;
    const jpeg = await plain(4_000, 4_000).jpeg().toBuffer();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => upload(jpeg, { token: emil.accessToken })),
    );
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(taken.length, 'one user may send four at once').toBeGreaterThanOrEqual(4);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    }
    expect(files()).toHaveLength(count + 1);
    expect(files()).toContain(keyOf((await node.me(emil.accessToken)).body.avatarUrl));
  });

  it('leave no new file behind if the database fails', async () => {
    const before = files();
    await world.database.query('ALTER TABLE users ADD CONSTRAINT none CHECK (avatar_key IS NULL) NOT VALID');
    try {
      expect((await upload(await plain(9, 9).png().toBuffer())).status).toBe(500);
      expect(files()).toEqual(before);
    } finally {
      await world.database.query('ALTER TABLE users DROP CONSTRAINT none');
    }
  });

  it('stand in every answer that shows the user', async () => {
    const { avatarUrl } = (await upload(await plain(9, 9).png().toBuffer())).body;
    const login = await world.login(node, annasPhone, tea.appid);
    expect(login.body.user.avatarUrl).toBe(avatarUrl);
    expect((await node.refresh(login.body.refreshToken)).body.user.avatarUrl).toBe(avatarUrl);
    const code = await world.code(annasPhone);
    await node.login({ code, appid: tea.appid });
    expect((await node.login({ code, appid: tea.appid })).body.user.avatarUrl).toBe(avatarUrl);

    const admin = await world.createAdmin(node);
    const found = await node.as(admin.accessToken, 'POST', '/admin/users/search', { q: anna.id });
    expect(found.body.items[0].avatarUrl).toBe(avatarUrl);
    const shown = await node.as(admin.accessToken, 'GET', `/admin/users/${anna.id}`);
    expect(shown.body.avatarUrl).toBe(avatarUrl);
  });

  describe('GET /avatars/:key', () => {
    it('serves them to anyone, to be kept for a day, and shown by any page', async () => {
      const { avatarUrl } = (await upload(await plain(9, 9).png().toBuffer())).body;
      const answer = await fetchAvatar(avatarUrl);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/webp',
        'content-length': String((await answer.arrayBuffer()).byteLength),
        'cache-control': 'public, max-age=86400',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
      });
      expect((await node.call('HEAD', `/avatars/${keyOf(avatarUrl)}`, {})).status).toBe(200);
    });

    it.each([
      '0'.repeat(32),
      '0',
      '.',
      '%2e%2e',
      '..%2f..%2fpackage.json',
      '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '%2fetc%2fpasswd',
      `${'0'.repeat(32)}%00`,
      `${'0'.repeat(32)}%0a`,
      'x'.repeat(99),
    ])('answers 404 to %s', async (key) => {
      // Not through fetch, which would resolve the dots by itself.
      const sent = httpRequest(node.url, { path: `/avatars/${key}` });
      sent.end();
      const [response] = await once(sent, 'response');
      response.resume();
      expect(response.statusCode).toBe(404);
      expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(response.headers['cache-control']).toBe('no-store');
    });
  });

  it('keep a service from starting that could not keep them', async () => {
    for (const [storage, words] of [
      ['file:/dev/null/avatars', /AVATAR_STORAGE names \/dev\/null\/avatars.*ENOTDIR/],
      ['s3://pictures/avatars', /npm install @aws-sdk\/client-s3 @aws-sdk\/s3-request-presigner/],
    ] as const) {
      const unable = world.launchNode({ AVATAR_STORAGE: storage });
      expect(await unable.exit()).toBe(1);
      expect(unable.output.trim().split('\n').at(-1)).toMatch(words);
    }
  });
});
