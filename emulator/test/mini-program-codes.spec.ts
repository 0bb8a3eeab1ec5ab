import decodeQr from 'qr/decode.js';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { appOne, appTwo, refusal, useEmulator } from './harness.js';

const emulator = useEmulator();
const path = '/wxa/getwxacodeunlimit';
const good = { scene: 'a-Scene_1', page: 'pages/scan/scan' };

async function makeCode(body: object, appid = appOne) {
  const { json } = await emulator.stableToken({ appid });
  const response = await fetch(`${emulator.url}${path}?access_token=${String(json['access_token'])}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return {
    contentType: response.headers.get('content-type'),
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** What a scanner reads in an image. */
async function readQr(image: Buffer): Promise<string> {
  const { data, info } = await sharp(image).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return decodeQr({ data: new Uint8ClampedArray(data), width: info.width, height: info.height });
}

const codes = async () => (await emulator.control('GET', '/wxacodes')).json['items'];

describe('POST /wxa/getwxacodeunlimit', () => {
  it('answers with an image and no JSON: a PNG that calls itself JPEG', async () => {
    const { contentType, bytes } = await makeCode(good);
    expect(contentType).toBe('image/jpeg');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png' });
    expect(await readQr(bytes)).toBe(`wxemulator://${appOne}?page=pages%2Fscan%2Fscan&scene=a-Scene_1`);
  });

  it.each([280, 430, 1280])('is as wide as is asked, or a little less: %i pixels', async (width) => {
    const { bytes } = await makeCode({ ...good, width });
    const { width: actual, height } = await sharp(bytes).metadata();
    expect(actual).toBe(height);
    expect(actual).toBeLessThanOrEqual(width);
    expect(actual).toBeGreaterThan(width * 0.8);
    expect(await readQr(bytes)).toContain('scene=a-Scene_1');
  });

  it('opens the home page if no page is named', async () => {
    await makeCode({ scene: 'x' });
    expect(await codes()).toMatchObject([{ page: 'pages/index/index' }]);
  });

  it("takes every character that WeChat's page lists, and 32 of them", async () => {
    const scenes = ["!#$&'()*+,/:;=?@-._~", '0'.repeat(32), 'azAZ09'];
    for (const scene of scenes) {
      expect(await readQr((await makeCode({ scene })).bytes)).toContain(
        new URLSearchParams({ scene }).toString(),
      );
    }
    expect(await codes()).toMatchObject(scenes.map((scene) => ({ scene })));
  });

  it.each<[string, object, number, string]>([
    ['no scene', { page: good.page }, 40169, 'invalid length for scene, or the data is not json string'],
    ['an empty scene', { scene: '' }, 40169, 'invalid length for scene, or the data is not json string'],
    [
      '33 characters',
      { scene: 'a'.repeat(33) },
      40169,
      'invalid length for scene, or the data is not json string',
    ],
    ['a % in the scene', { scene: 'a%20b' }, 40129, 'invalid scene'],
    ['Chinese in the scene', { scene: '扫码' }, 40129, 'invalid scene'],
    ['a scene that is a number', { scene: 1 }, 47001, 'data format error'],
    ['a page with a slash in front', { ...good, page: '/pages/scan/scan' }, 41030, 'invalid page'],
    ['a page with a query', { ...good, page: 'pages/scan/scan?a=b' }, 41030, 'invalid page'],
    ['an unknown version', { ...good, env_version: 'beta' }, 40097, 'invalid args'],
    ['a width below 280', { ...good, width: 279 }, 40097, 'invalid args'],
    ['a width above 1280', { ...good, width: 1281 }, 40097, 'invalid args'],
    ['a flag that is a number', { ...good, is_hyaline: 1 }, 47001, 'data format error'],
    ['a colour that is a text', { ...good, line_color: '#000' }, 47001, 'data format error'],
  ])('refuses %s, in JSON', async (_, body, errcode, message) => {
    const answer = await emulator.postWithToken(path, body);
    expect(answer.contentType).toBe('application/json; charset=UTF-8');
    expect(answer.json).toEqual(refusal(errcode, message));
    expect(await codes()).toEqual([]);
  });

  it('takes all options that WeChat has', async () => {
    const { contentType } = await makeCode({
      ...good,
      check_path: true,
      env_version: 'develop',
      width: 300,
      auto_color: false,
      line_color: { r: '0', g: 0, b: 0 },
      is_hyaline: true,
    });
    expect(contentType).toBe('image/jpeg');
  });

  it('refuses a page that the published version does not have, unless it is told not to look', async () => {
    await emulator.control('POST', '/apps', { appid: appTwo, pages: ['pages/home/home'] });
    const ask = async (body: object) => (await emulator.postWithToken(path, body, appTwo)).json;
    expect(await ask(good)).toEqual(refusal(41030, 'invalid page'));
    expect((await makeCode({ ...good, page: 'pages/home/home' }, appTwo)).contentType).toBe('image/jpeg');
    expect((await makeCode({ ...good, check_path: false }, appTwo)).contentType).toBe('image/jpeg');
  });

  it('needs an access token, and POST', async () => {
    expect((await emulator.post(path, good)).json).toEqual(refusal(41001, 'access_token missing'));
    expect((await emulator.get(path, { access_token: 'x' })).json).toMatchObject({ errcode: 43002 });
  });

  it('makes 5000 a minute', async () => {
    const now = emulator.wechat.clock.now();
    for (let count = 0; count < 5000; count += 1) emulator.wechat.codeQuota.count(appOne, now);
    expect((await emulator.postWithToken(path, good)).json).toMatchObject({ errcode: 45009 });
    await emulator.advance(60);
    expect((await makeCode(good)).contentType).toBe('image/jpeg');
  });

  it('fails as it is told', async () => {
    await emulator.control('POST', '/faults', { path, errcode: -1 });
    expect((await emulator.postWithToken(path, good)).json).toMatchObject({ errcode: -1 });
    await emulator.control('POST', '/faults', { path, body: 'truncated' });
    const { bytes } = await makeCode(good);
    await expect(sharp(bytes).raw().toBuffer()).rejects.toThrow(/png|image/i);
  });
});

describe('a phone', () => {
  it('opens the page of a code that it scans, with the scene encoded', async () => {
    const scene = 'a&b=c';
    await makeCode({ ...good, scene });
    const { json } = await emulator.control('POST', '/wx/scan', { appid: appOne, user: 'anna', scene });
    expect(json).toEqual({ path: good.page, query: { scene: 'a%26b%3Dc' } });
    expect((await emulator.control('GET', '/users')).json['items']).toMatchObject([{ id: 'anna' }]);
  });

  it.each([
    ['of another app', appTwo, good.scene],
    ['that nobody has made', appOne, 'unknown'],
  ])('opens nothing for a code %s', async (_, appid, scene) => {
    await makeCode(good);
    const answer = await emulator.control('POST', '/wx/scan', { appid, user: 'anna', scene });
    expect(answer).toMatchObject({ status: 404, json: { error: expect.stringContaining('/wxacodes') } });
  });

  it('finds the codes in the order in which they were made, until a reset', async () => {
    for (const scene of ['one', 'two']) await makeCode({ ...good, scene });
    expect(await codes()).toMatchObject([{ scene: 'one' }, { scene: 'two' }]);
    expect(await codes()).toMatchObject([
      { appid: appOne, page: good.page, at: expect.stringMatching(/Z$/) },
      {},
    ]);
    await emulator.control('POST', '/reset');
    expect(await codes()).toEqual([]);
  });
});
