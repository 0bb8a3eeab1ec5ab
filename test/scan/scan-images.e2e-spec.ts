import decodeQr from 'qr/decode.js';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { expectProblem } from '../harness/problem.js';
import { scanSettings, showCode } from '../harness/scans.js';
import { cake, tea, useWorld } from '../harness/world.js';

const path = '/wxa/getwxacodeunlimit';

describe('the image of a code', () => {
  const world = useWorld();
  let node: ServiceNode;
  let other: ServiceNode;
  beforeAll(async () => {
    [node, other] = await Promise.all([
      world.startNode(scanSettings),
      world.startNode({ ...scanSettings, SCAN_APPID: cake.appid, SCAN_PAGE: 'pages/web/login' }),
    ]);
  });
  // No test uses up the open codes of the address for another one.
  beforeEach(() => world.database.query(`UPDATE scans SET expires_at = now()`));

  /** The text of the QR code, and what the service says of the image. */
  async function fetchImage(from: ServiceNode, scene: string) {
    const response = await fetch(new URL(`/scan-codes/${scene}`, from.url));
    const bytes = Buffer.from(await response.arrayBuffer());
    const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const text = decodeQr({ data: new Uint8ClampedArray(data), width: info.width, height: info.height });
    return { headers: response.headers, text };
  }

  const made = async () => (await world.control('GET', '/wxacodes')).items;

  it('opens the page of the settings with the scene', async () => {
    const { scene } = await showCode(node);
    const { headers, text } = await fetchImage(node, scene);
    expect(text).toBe(`wxemulator://${tea.appid}?page=pages%2Fscan%2Fscan&scene=${scene}`);
    expect(headers.get('content-type'), 'which WeChat calls JPEG').toBe('image/png');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');

    const { text: otherText } = await fetchImage(other, (await showCode(other)).scene);
    expect(otherText).toContain(`wxemulator://${cake.appid}?page=pages%2Fweb%2Flogin`);
  });

  it('is made once on a node, however often pages ask for it', async () => {
    const { scene } = await showCode(node);
    await Promise.all(Array.from({ length: 5 }, () => fetchImage(node, scene)));
    await fetchImage(node, scene);
    expect(await made()).toHaveLength(1);
  });

  it('is not made for a scene that nobody waits under', async () => {
    expectProblem(await node.get('/scan-codes/AAAAAAAAAAAAAAAAAAAAAA'), 404, 'not_found');
    expectProblem(await node.get('/scan-codes/x'), 404, 'not_found');
    expect(await made()).toEqual([]);
  });

  it.each<[string, object, number, string]>([
    ['the page is not published', { errcode: 41030 }, 502, 'wechat_misconfigured'],
    ['the page has a reserved parameter', { errcode: 85096 }, 502, 'wechat_misconfigured'],
    ['it may not', { errcode: 48001 }, 502, 'wechat_misconfigured'],
    ['it does not like the arguments', { errcode: 40097 }, 503, 'wechat_unavailable'],
    ['it does not like the scene', { errcode: 40129 }, 503, 'wechat_unavailable'],
    ['it does not like the length of the scene', { errcode: 40169 }, 503, 'wechat_unavailable'],
    ['it does not like the JSON', { errcode: 47001 }, 503, 'wechat_unavailable'],
    ['its quota is used up', { errcode: 45009 }, 503, 'wechat_unavailable'],
    ['it is asked too often', { errcode: 45011 }, 429, 'rate_limited'],
    ['it is busy', { errcode: -1 }, 503, 'wechat_unavailable'],
    ['it answers with HTML', { body: 'html' }, 503, 'wechat_unavailable'],
    ['it answers with nothing', { body: 'empty' }, 503, 'wechat_unavailable'],
    ['it breaks off', { reset: true }, 503, 'wechat_unavailable'],
  ])('fails if WeChat says that %s, and succeeds after it', async (_, fault, status, code) => {
    const { scene } = await showCode(node);
    await world.fault({ path, times: 5, ...fault });
    expectProblem(await node.get(`/scan-codes/${scene}`), status, code);
    await world.control('DELETE', '/faults');
    expect((await fetchImage(node, scene)).text).toContain(scene);
  });

  it('is made with a new access token if WeChat refuses the old one', async () => {
    await fetchImage(node, (await showCode(node)).scene);
    const { scene } = await showCode(node);
    await world.control('POST', '/access-tokens/expire', { appid: tea.appid });
    expect((await fetchImage(node, scene)).text).toContain(scene);
  });

  it('says in the log what to publish', async () => {
    const own = await world.startNode({ ...scanSettings, SCAN_PAGE: 'pages/missing/missing' });
    await world.control('POST', '/apps', { appid: tea.appid, pages: ['pages/scan/scan'] });
    const { scene } = await showCode(own);
    expectProblem(await own.get(`/scan-codes/${scene}`), 502, 'wechat_misconfigured');
    await expect.poll(() => own.output).toMatch(/41030.*SCAN_PAGE/);
    expect((await fetchImage(node, (await showCode(node)).scene)).text).toContain('pages%2Fscan');
  });
});
