import type { Toasts } from './dialogs.js';
import type { Network } from './network.js';
import type { Pages } from './pages.js';

/** WeChat's scanner, in front of the newest mini-program code that a page shows. */
export class Scanner {
  constructor(
    private readonly network: Network,
    private readonly pages: Pages,
    private readonly toasts: Toasts,
  ) {}

  /** Opens the page that the code names. A mini-program that runs already gets to that page, too. */
  async scan(): Promise<void> {
    try {
      const scene = await this.network.newestScene();
      if (scene === undefined) {
        this.toasts.show({ title: '没有可扫的码：先打开管理控制台', icon: 'none' }, 2_500);
        return;
      }
      const { path, query } = await this.network.askWechat<Opened>('scan', { scene });
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`);
      this.pages.reLaunch(`/${path}?${pairs.join('&')}`);
    } catch {
      this.toasts.show({ title: '网络不给力，请稍后再试', icon: 'none' }, 2_500);
    }
  }
}

/** What the scanned code opens. The values are as `onLoad` gets them: encoded. */
interface Opened {
  path: string;
  query: Record<string, string>;
}
