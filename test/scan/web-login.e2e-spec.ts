import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import { launchBrowser } from '../harness/browser.js';
import type { ServiceNode } from '../harness/node.js';
import { ScanningPhone } from '../harness/scans.js';
import { tea, useWorld } from '../harness/world.js';

const example = join(import.meta.dirname, '../../examples/web-login');
const browser: Browser | undefined = await launchBrowser();

describe.skipIf(!browser)('examples/web-login', () => {
  const world = useWorld();
  let nodes: ServiceNode[] = [];
  let balancer: Server;
  let site: Server;
  let balancerUrl: string;
  let siteUrl: string;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const [balancerPort, sitePort] = [await findFreePort(), await findFreePort()];
    balancerUrl = `http://127.0.0.1:${balancerPort}`;
    siteUrl = `http://127.0.0.1:${sitePort}`;
    // Requests go to the nodes in turn. One that was stopped is left out.
    let turn = 0;
    balancer = createServer((asked, answer) => {
      const { url } = nodes[(turn += 1) % nodes.length]!;
      const { method, headers } = asked;
      const sent = request(new URL(asked.url!, url), { method, headers }, (response) => {
        answer.writeHead(response.statusCode!, response.headers);
        response.pipe(answer);
        response.once('error', () => answer.destroy());
      });
      sent.once('error', () => answer.destroy());
      answer.once('close', () => sent.destroy());
      asked.pipe(sent);
    }).listen(balancerPort, '127.0.0.1');
    site = createServer((asked, answer) => {
      const file = asked.url === '/' ? 'index.html' : 'login.js';
      const content = readFileSync(join(example, file), 'utf8').replace('http://127.0.0.1:3000', balancerUrl);
      const type = file === 'login.js' ? 'text/javascript' : 'text/html; charset=utf-8';
      answer.setHeader('content-type', type).end(content);
    }).listen(sitePort, '127.0.0.1');
  });

  const settings = () => ({
    PUBLIC_URL: balancerUrl,
    WEB_CLIENTS: JSON.stringify([{ id: 'web-login', name: 'Example', origins: [siteUrl] }]),
  });

  beforeEach(async () => {
    nodes = await Promise.all([world.startNode(settings()), world.startNode(settings())]);
    const context = await browser!.newContext();
    context.setDefaultTimeout(120_000);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(siteUrl);
    await shows('请用微信扫一扫');
  });

  afterEach(() => page.context().close());

  afterAll(async () => {
    await browser?.close();
    for (const server of [balancer, site]) server?.closeAllConnections();
    for (const server of [balancer, site]) server?.close();
  });

  const shows = (text: string) => page.locator('#state', { hasText: text }).waitFor();

  /** The newest code that WeChat has made for the page, as a phone's scanner reads it. */
  async function scan(user: string): Promise<string> {
    await expect
      .poll(() => page.locator('#code').evaluate((image: any) => image.naturalWidth))
      .toBeGreaterThan(0);
    const { items } = await world.control('GET', '/wxacodes');
    const { scene } = items.at(-1);
    const { path, query } = await world.control('POST', '/wx/scan', { appid: tea.appid, user, scene });
    expect(path).toBe('pages/scan/scan');
    return decodeURIComponent(query.scene);
  }

  it('signs a user in, against two nodes, and out again', async () => {
    const scene = await scan('anna');
    const phone = await ScanningPhone.signIn(world, nodes[0]!, 'anna');
    await nodes[0]!.as(phone.accessToken, 'PATCH', '/me', { nickname: 'Anna' });
    const { body } = await phone.look({ scene });
    await shows('Anna已扫码');
    expect(await page.locator('#user-code').textContent()).toBe(body.userCode);
    expect(body).toMatchObject({ clientName: 'Example', userAgent: expect.stringContaining('Chrome') });
    await phone.decide({ scene }, true);
    await shows('已登录：Anna');
    expect(page.url(), 'nothing secret is in the address').toBe(`${siteUrl}/`);
    await page.getByRole('button', { name: '退出登录' }).click();
    await shows('已退出');
    const sessions = await nodes[0]!.as(phone.accessToken, 'GET', '/me/sessions');
    expect(sessions.body).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('says that the user has denied it, and shows another code', async () => {
    const scene = await scan('bert');
    const phone = await ScanningPhone.signIn(world, nodes[1]!, 'bert');
    await phone.look({ scene });
    await phone.decide({ scene }, false);
    await shows('已在手机上拒绝');
    await page.getByRole('button', { name: '换一个码' }).click();
    await shows('请用微信扫一扫');
    expect(await scan('bert')).not.toBe(scene);
  });

  it('goes on with the other node if the node that it waits at is killed', async () => {
    const [first, second] = nodes as [ServiceNode, ServiceNode];
    nodes = [first];
    await page.reload();
    await shows('请用微信扫一扫');
    const scene = await scan('carl');
    const phone = await ScanningPhone.signIn(world, second, 'carl');
    await phone.look({ scene });
    await shows('已扫码');
    nodes = [second];
    await first.stop('SIGKILL');
    const again = await ScanningPhone.signIn(world, second, 'carl');
    expect((await again.decide({ scene }, true)).status).toBe(204);
    await shows('已登录');
  });
});
