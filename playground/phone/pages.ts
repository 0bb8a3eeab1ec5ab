import type { AssociatedBackend, CodeSpace, Root } from 'glass-easel-miniprogram-adapter';
import type { NavigationBar, WindowConfig } from './navigation-bar.js';
import { Failure } from './wechat-call.js';

/** The part of a page instance that the phone uses. */
interface PageInstance {
  route: string;
  options: Record<string, string>;
  onLoad?(options: Record<string, string>): void;
  onShow?(): void;
  onReady?(): void;
  onHide?(): void;
  onUnload?(): void;
}

interface OpenPage {
  instance: PageInstance;
  root: Root;
  element: HTMLElement;
  title: WindowConfig;
  /** The focused element when another page was opened. */
  focused: Element | null;
}

/** WeChat's limit of open pages. */
const maxPages = 10;

/** The stack of open pages. The last one is visible. */
export class Pages {
  readonly #stack: OpenPage[] = [];

  constructor(
    private readonly backend: AssociatedBackend,
    private readonly space: CodeSpace,
    private readonly holder: HTMLElement,
    private readonly bar: NavigationBar,
    /** By path. */
    private readonly windows: Map<string, WindowConfig>,
  ) {
    bar.onBack(() => this.navigateBack(1));
  }

  get instances(): PageInstance[] {
    return this.#stack.map(({ instance }) => instance);
  }

  navigateTo(url: string): void {
    const place = this.resolve(url);
    if (this.#stack.length >= maxPages) throw new Failure('webview count limit exceed');
    this.hide();
    this.open(place);
  }

  redirectTo(url: string): void {
    const place = this.resolve(url);
    this.close();
    this.open(place);
  }

  reLaunch(url: string): void {
    const place = this.resolve(url);
    this.closeAll();
    this.open(place);
  }

  navigateBack(delta: number): void {
    if (this.#stack.length < 2) throw new Failure('cannot navigate back at first page.');
    for (let left = Math.min(delta, this.#stack.length - 1); left > 0; left -= 1) this.close();
    this.show();
  }

  closeAll(): void {
    while (this.#stack.length > 0) this.close();
  }

  setTitle(title: string): void {
    const page = this.#stack.at(-1)!;
    page.title = { ...page.title, navigationBarTitleText: title };
    this.bar.show(page.title, this.#stack.length > 1);
  }

  /** Calls the visible page. */
  hideAll(): void {
    this.#stack.at(-1)?.instance.onHide?.();
  }

  private resolve(url: string): { route: string; options: Record<string, string> } {
    const [path = '', query = ''] = url.split('?');
    const base = `https://pages/${this.#stack.at(-1)?.instance.route ?? ''}`;
    const route = new URL(path, base).pathname.slice(1);
    if (!this.windows.has(route)) throw new Failure(`page "${route}" is not found`);
    // As in WeChat, nothing is decoded.
    const options = query ? query.split('&').map((pair) => pair.split(/=(.*)/s).slice(0, 2)) : [];
    return { route, options: Object.fromEntries(options) as Record<string, string> };
  }

  private open({ route, options }: { route: string; options: Record<string, string> }): void {
    const element = document.createElement('wx-page');
    element.dataset['page'] = route;
    element.tabIndex = -1;
    const placeholder = element.appendChild(document.createElement('span'));
    this.holder.append(element);
    const root = this.backend.createRoot('wx-page-content', this.space, route);
    const instance = root.get() as unknown as PageInstance;
    Object.assign(instance, { route, options });
    this.#stack.push({ instance, root, element, title: this.windows.get(route)!, focused: null });
    root.attach(element as never, placeholder as never);
    instance.onLoad?.(options);
    this.show();
    requestAnimationFrame(() => instance.onReady?.());
  }

  private show(): void {
    const { instance, element, title, focused } = this.#stack.at(-1)!;
    element.hidden = false;
    this.bar.show(title, this.#stack.length > 1);
    // A frame without the focus must not take it.
    if (document.hasFocus()) ((focused as HTMLElement | null) ?? element).focus({ preventScroll: true });
    instance.onShow?.();
  }

  private hide(): void {
    const page = this.#stack.at(-1)!;
    page.focused = page.element.contains(document.activeElement) ? document.activeElement : null;
    page.element.hidden = true;
    page.instance.onHide?.();
  }

  private close(): void {
    const page = this.#stack.pop()!;
    page.instance.onUnload?.();
    page.root.release();
    page.element.remove();
  }
}
