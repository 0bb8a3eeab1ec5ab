import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { ServiceNode } from './node.js';
import { ScanningPhone } from './scans.js';
import type { World } from './world.js';

/** Looks for what people with a screen reader or a keyboard cannot use. */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** The operator's console in a browser of its own language, screen and storage. */
export class ConsoleVisit {
  /** What the browser complained of: errors of the page, and what the Content-Security-Policy has refused. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly world: World,
    private readonly node: ServiceNode,
    readonly page: Page,
  ) {}

  /** @param path below `/console/` */
  static async open(
    browser: Browser,
    world: World,
    node: ServiceNode,
    { path = '', ...options }: BrowserContextOptions & { path?: string } = {},
  ): Promise<ConsoleVisit> {
    const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(120_000);
    const visit = new ConsoleVisit(world, node, await context.newPage());
    visit.page.on('pageerror', (error) => visit.complaints.push(String(error)));
    visit.page.on('console', (message) => {
      // That the service refuses something is what some of the tests are about.
      const isRefusal = message.text().startsWith('Failed to load resource: the server responded with');
      if (['error', 'warning'].includes(message.type()) && !isRefusal) visit.complaints.push(message.text());
    });
    await visit.page.goto(`${node.url}/console/${path}`);
    return visit;
  }

  /** The code that the page shows, as a phone types it. */
  async readUserCode(): Promise<string> {
    const userCode = await this.page.locator('.scan-code-user-code strong').last().innerText();
    this.node.tokens.add(userCode);
    return userCode;
  }

  /** A user scans the code of the page, and approves it. */
  async approve(user: string): Promise<ScanningPhone> {
    const userCode = await this.readUserCode();
    const phone = await ScanningPhone.signIn(this.world, this.node, user);
    for (const { status, text } of [await phone.look({ userCode }), await phone.decide({ userCode }, true)]) {
      if (status >= 300) throw new Error(`The phone was refused: ${text}`);
    }
    return phone;
  }

  /** Resolves once the page has this heading. */
  async shows(heading: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  }

  /** axe has nothing to say about the page as it is now, else this throws. Evaluated, it needs no exception from the policy of the page. */
  async expectAccessible(): Promise<void> {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate<{ violations: Violation[] }>('axe.run()');
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    );
    if (found.length > 0) throw new Error(found.join('\n'));
  }

  /** @throws if the browser has complained of something */
  async close(): Promise<void> {
    await this.page.context().close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}
